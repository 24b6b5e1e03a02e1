// What a page must hold to for everybody: names for all controls, one heading, a language,
// readable contrast, nothing wider than the window or cut off, controls large enough to hit,
// words in the language of the page. Returns what is wrong, line by line.
(() => {
  const wrong = [];
  const say = (what, node) => wrong.push(what + ": " + (node ? node.outerHTML.slice(0, 160).replace(/\s+/g, " ") : ""));
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none" && node.checkVisibility();
  };
  const folded = [...document.querySelectorAll("details:not([open])")];
  for (const part of folded) part.open = true; // what is folded is held to the same
  if (!document.documentElement.lang) say("the document has no language");
  if (!document.title) say("the document has no title");
  if (document.querySelectorAll("h1").length !== 1) say("the page has " + document.querySelectorAll("h1").length + " main headings");
  let level = 1;
  for (const heading of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const n = Number(heading.tagName[1]);
    if (n > level + 1) say("a heading skips a level", heading);
    level = n;
    if (!heading.textContent.trim()) say("an empty heading", heading);
  }
  for (const input of document.querySelectorAll("input:not([type=hidden]),select,textarea")) {
    if (!(input.labels && input.labels.length) && !input.getAttribute("aria-label")) say("an input without a label", input);
  }
  for (const control of document.querySelectorAll("button,a[href],summary")) {
    if (control.getAttribute("aria-hidden") === "true") continue;
    if (!control.textContent.trim() && !control.getAttribute("aria-label")) say("a control without a name", control);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) say("a picture without a text", image);
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.getAttribute("aria-hidden") !== "true" && svg.getAttribute("role") !== "img") say("a drawing without a role", svg);
  }
  const ids = new Set();
  for (const node of document.querySelectorAll("[id]")) {
    if (ids.has(node.id)) say("an id twice", node);
    ids.add(node.id);
  }
  for (const node of document.querySelectorAll("[aria-describedby],[aria-labelledby],label[for]")) {
    const names = (node.getAttribute("aria-describedby") || "") + " " + (node.getAttribute("aria-labelledby") || "") + " " + (node.getAttribute("for") || "");
    for (const id of names.split(/\s+/)) if (id && !ids.has(id)) say("a reference to nothing (" + id + ")", node);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("th")) say("a table without headings", table);
  }
  if (document.querySelector("[style]")) say("a style of its own", document.querySelector("[style]"));
  if (document.documentElement.scrollWidth > innerWidth + 1) say("the page is wider than the window: " + document.documentElement.scrollWidth + " > " + innerWidth);

  // The forms of the report keep their printed shape and are moved sideways; lists do not.
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.querySelector("table.list") && box.scrollWidth > box.clientWidth + 1) say("a list is cut off: " + box.scrollWidth + " > " + box.clientWidth, box);
  }
  for (const node of document.querySelectorAll("main *")) {
    if (!seen(node) || node.closest("svg,.scroll,.away,.skip,textarea,select") || node.tagName === "INPUT") continue;
    if (node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1) say("text runs out of its box: " + node.scrollWidth + " > " + node.clientWidth, node);
  }
  for (const words of document.querySelectorAll("svg text")) {
    const box = words.getBoundingClientRect(), drawing = words.ownerSVGElement.getBoundingClientRect();
    if (box.left < drawing.left - 1 || box.right > drawing.right + 1 || box.bottom > drawing.bottom + 1) say("a drawing cuts off its words", words);
    if (box.height && parseFloat(getComputedStyle(words).fontSize) * words.getScreenCTM().a < 8.9) say("a drawing writes too small", words);
  }
  for (const cell of document.querySelectorAll(".list td,.list th,dt")) {
    const style = getComputedStyle(cell);
    const room = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (seen(cell) && !cell.children.length && cell.textContent.trim().length > 2 && room < 2.2 * parseFloat(style.fontSize) && cell.clientHeight > 2.9 * parseFloat(style.lineHeight)) say("a cell writes downwards", cell);
  }

  // A control is 24 pixels high and wide, or has as much room to itself; one within a
  // sentence needs neither (WCAG 2.2, 2.5.8).
  const targets = [];
  for (const node of document.querySelectorAll("a[href],button,summary,select,input:not([type=hidden]),textarea")) {
    if (!seen(node) || node.closest("svg,.skip,.away")) continue;
    const label = (node.type === "checkbox" || node.type === "radio") && node.closest("label");
    const box = (label || node).getBoundingClientRect();
    targets.push({ node, box, x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, small: box.height < 23.5 || box.width < 23.5 });
  }
  for (const at of targets) {
    if (!at.small) continue;
    const text = at.node.parentElement.textContent.replace(/\s+/g, "");
    if (getComputedStyle(at.node).display === "inline" && text.length > at.node.textContent.replace(/\s+/g, "").length) continue;
    for (const other of targets) {
      if (other === at || other.node.contains(at.node)) continue;
      const x = Math.max(other.box.left - at.x, at.x - other.box.right, 0), y = Math.max(other.box.top - at.y, at.y - other.box.bottom, 0);
      if (Math.hypot(x, y) < 12 || other.small && Math.hypot(other.x - at.x, other.y - at.y) < 23.5) {
        say("a target of " + Math.round(at.box.width) + " × " + Math.round(at.box.height) + " beside another", at.node);
        break;
      }
    }
  }

  // What is wrong stands at the input that the list of errors leads to.
  for (const link of document.querySelectorAll("#errors a[href^='#']")) {
    const input = document.getElementById(link.hash.slice(1));
    const beside = input && input.closest(".field,td,.bar > *");
    if (!beside || !beside.querySelector(".wrong")) say("an error does not stand at its input", link);
  }

  // The words of the desk are in the language of the page; names of agencies and people are
  // what they are.
  const english = document.documentElement.lang === "en";
  for (const node of document.querySelectorAll("main label,main legend,main thead th,main button,main summary,main h2,.menu a")) {
    if (node.closest(".picks,.form,.month,.paper")) continue;
    const words = [...node.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("").trim();
    if (/\p{Script=Han}/u.test(words) === english && /[A-Za-z]{3}/.test(words) !== english) say("words in another language", node);
  }

  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const part = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const judged = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || judged.has(node) || !seen(node) || node.closest(".away,.skip,svg,datalist,option")) continue;
    judged.add(node);
    const style = getComputedStyle(node);
    const a = light(rgb(style.color)), b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) say("contrast " + ratio.toFixed(2), node);
  }
  for (const part of folded) part.open = false;
  return wrong.join("\n");
})()
