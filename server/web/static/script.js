// Makes pages quicker; each of them works without it.
"use strict";
(() => {
  // The errors of a form are read out first.
  const errors = document.getElementById("errors");
  if (errors) errors.focus();

  // The menu of a narrow window shows where one is.
  const here = document.querySelector(".menu [aria-current]");
  if (here) here.closest(".menu").scrollLeft = here.offsetLeft - 48;

  // What the keyboard reaches is wholly in sight, also where menu or form are moved sideways.
  addEventListener("keyup", (event) => {
    if (event.key === "Tab") document.activeElement.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // A second click on a button sends nothing: the first is under way. It may be stopped, by
  // Esc or otherwise, and then the button works again; what was sent twice is done once.
  const patience = 10000;
  const again = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method !== "post") return;
    form.dataset.sent = "1";
    setTimeout(again, patience);
  });
  addEventListener("pageshow", again);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") again();
  });

  // On a narrow window each row of a list stands by itself, and its cells say what they are.
  const stack = (root) => {
    for (const table of root.querySelectorAll(".scroll > table.list:not(.queue)")) {
      const heads = [...table.querySelectorAll("thead th")].map((th) => th.querySelector(".away") ? "" : th.textContent);
      for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
        let at = 0;
        for (const cell of row.cells) {
          const named = cell.tagName === "TH" && !/^\d+$/.test(cell.textContent.trim()); // a bare number wants its heading
          cell.dataset.head = !named && heads[at] || "";
          at += cell.colSpan;
          cell.classList.toggle("long", cell.textContent.trim().length > 20);
        }
      }
      table.classList.add("rows");
    }
  };
  stack(document);

  for (const button of document.querySelectorAll("button.print")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // Registering: deadline, duplicates and applicants are looked up while the form is
  // filled in. The page's own answer is taken, so that both ways show the same.
  const register = document.getElementById("register");
  if (register) {
    let round = 0;
    const look = async (what, target) => {
      const mine = ++round;
      const data = new FormData(register);
      data.delete("checked");
      data.set("do", what);
      const answer = await fetch(register.action, { method: "POST", body: new URLSearchParams(data) });
      if (mine !== round || register.dataset.sent || (!answer.ok && answer.status !== 422)) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(target);
      if (!found) return;
      stack(found);
      document.getElementById(target).replaceChildren(...found.childNodes);
    };
    const quietly = (what, target) => look(what, target).catch(() => {}); // the buttons remain
    const ready = () => register.elements["application.channel"].value && register.elements["application.arrive_date"].value;
    let timer;
    register.addEventListener("input", (event) => {
      clearTimeout(timer);
      const name = event.target.name;
      if (name === "application.applicant.display_name" || name === "application.applicant.id_number" || name === "application.applicant.phone") {
        if (event.target.value.trim().length > 1) timer = setTimeout(() => quietly("find", "found"), 350);
      } else if (ready()) {
        timer = setTimeout(() => quietly("check", "preview"), 500);
      }
    });
    register.addEventListener("change", () => {
      if (ready()) { clearTimeout(timer); quietly("check", "preview"); }
    });
    register.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        register.requestSubmit(document.getElementById("next"));
      }
    });
    if (ready()) quietly("check", "preview");
  }
})();
