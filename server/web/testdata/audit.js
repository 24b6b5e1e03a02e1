// What a page must hold to for everybody: names for all controls, one heading, a language,
// readable contrast, nothing wider than the window. Returns what is wrong, line by line.
(() => {
  const wrong = [];
  const say = (what, node) => wrong.push(what + ": " + (node ? node.outerHTML.slice(0, 160).replace(/\s+/g, " ") : ""));
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none";
  };
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
  return wrong.join("\n");
})()
