// What the pages of all widgets share, as listed in widget.py; joined in front of each one's own file.
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node && !name.startsWith("aria")) node[name] = value; else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Blanks get a sign; what nobody could see, or what turns the reading direction, its code point. Text stays text.
const SIGNS = { " ": "·", "\n": "⏎", "\t": "→", "": "(empty)" };
function visible(text, limit = 24) {
  const hidden = /[\p{C}\p{Zl}\p{Zp}]/u;
  const shown = text === "" ? ["(empty)"] : [...text].map(c => SIGNS[c] || (hidden.test(c) ? "\\u" + c.codePointAt(0).toString(16).padStart(4, "0") : c));
  return shown.length > limit ? shown.slice(0, limit - 1).join("") + "…" : shown.join("");
}

function speaker(root) {
  const region = el("div", { className: "sw-live", role: "status", "aria-live": "polite" });
  root.append(region);
  let later = 0; // only the last of a burst of key presses is worth saying
  return text => { clearTimeout(later); later = setTimeout(() => { region.textContent = text; }, 120); };
}

const labelled = (text, control) => el("label", { className: "sw-ctl" }, el("span", {}, text), control);
function choose(options, value, changed) { // options: [text, value] pairs
  const node = el("select");
  for (const [text, v] of options) node.append(el("option", { value: String(v) }, text));
  node.value = String(value);
  node.onchange = () => changed(node.value);
  return node;
}
const press = (text, title, pressed) => el("button", { type: "button", className: "sw-btn", title, "aria-label": title,
  onclick: event => { if (can(event.currentTarget)) pressed(event); } }, text);
// What is disabled, hidden or taken out of the page loses the focus, and Tab begins at the top of the page again. So a
// button that can do nothing now keeps it, and what goes away leaves it to another.
const can = node => node.getAttribute("aria-disabled") !== "true";
const able = (on, ...buttons) => { for (const node of buttons) node.setAttribute("aria-disabled", String(!on)); };
function away(node, gone, heir) {
  const held = gone && node.contains(document.activeElement);
  node.hidden = gone;
  if (held) heir.focus({ preventScroll: true });
}
function refill(node, ...children) { // as replaceChildren; where one of them had the focus, the one in its place has it then
  const stops = () => [...node.querySelectorAll("input, button, select, [tabindex='0']")], at = stops().indexOf(document.activeElement);
  node.replaceChildren(...children);
  if (at >= 0) stops().at(Math.min(at, stops().length - 1))?.focus({ preventScroll: true });
}
const slide = (min, max, step, value, changed) => el("input", { type: "range", min, max, step, value, oninput: e => changed(+e.target.value) });
function tick(text, checked, changed) {
  return el("label", { className: "sw-ctl" }, el("input", { type: "checkbox", checked, onchange: e => changed(e.target.checked) }), el("span", {}, text));
}
function keys(node, table) {
  node.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !table[event.key]) return;
    table[event.key](event);
    event.preventDefault();
    event.stopPropagation();
  });
}

const css = (root, name) => getComputedStyle(root).getPropertyValue(name).trim();
function sheet(canvas, width, height) {
  const sharp = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}
function frame(fn) {
  let waiting = 0;
  return () => { waiting ||= requestAnimationFrame(() => { waiting = 0; fn(); }); };
}
// A change of theme changes the root's colours, which common.css lets take one millisecond: its end is the signal, also an early one.
// Where nobody sees it, no transition runs; so it is asked again when it comes into view.
function watch(root, fn) {
  let last = "";
  const check = () => {
    const paper = css(root, "background-color"), now = [paper, css(root, "color"), root.clientWidth, devicePixelRatio].join();
    if (!paper || now === last) return; // none: the view was taken away
    last = now;
    const [r, g, b] = paper.match(/[\d.]+/g).map(Number);
    root.classList.toggle("sw-dark", .299 * r + .587 * g + .114 * b < 110);
    fn();
  };
  const sized = new ResizeObserver(check), seen = new IntersectionObserver(check);
  sized.observe(root);
  seen.observe(root);
  for (const name of ["transitionend", "transitioncancel"]) root.addEventListener(name, event => { if (event.target === root) check(); });
  return () => { sized.disconnect(); seen.disconnect(); };
}
function listen(model, names, fn) {
  const events = names.split(" ").map(name => name.startsWith("msg:") ? name : "change:" + name);
  for (const event of events) model.on(event, fn);
  return () => { for (const event of events) model.off(event, fn); };
}
const bytes = view => view instanceof Uint8Array ? view : new Uint8Array(view.buffer || view, view.byteOffset || 0, view.byteLength);

// initialize() and each render() get different model proxies, so what views share is kept in the closure.
const widget = ({ make, render }) => () => {
  let store;
  return {
    initialize({ model }) { store = make && make(model); },
    render({ model, el: place }) {
      const root = el("div", { className: "sw", role: "group" });
      // Or JupyterLab takes the arrow keys, and D D deletes the cell. It looks at the focused element itself first.
      root.addEventListener("focusin", event => { event.target.dataset.lmSuppressShortcuts = "true"; });
      place.append(root);
      return render(model, root, store ??= make && make(model));
    },
  };
};
