// What a model would say after each layer: rows are the tokens it has read, columns its layers, a cell its first choice.
const COLOURS = [["the first choice's probability", "first"], ["the probability of what came", "next"]];
const percent = p => (p >= .0995 ? (100 * p).toFixed(0) : p >= .00095 ? (100 * p).toFixed(1) : p > 0 ? "< 0.1" : "0") + " %";

function render(model, root) {
  const numbers = (name, Kind) => new Kind(bytes(model.get(name)).slice().buffer);
  const ids = numbers("ids", Uint32Array), probs = numbers("probs", Float32Array), came = numbers("came", Float32Array);
  const words = model.get("words"), tokens = model.get("tokens"), L = model.get("layers"), T = tokens.length, K = ids.length / L / T;
  const word = id => visible(words[id], 40), read = t => visible(tokens[t], 40), layer = l => (l ? `block ${l}` : "before");
  const after = l => (l ? `after block ${l} of ${L - 1}` : "before the first block");
  let at, hover = null, opened = false;
  root.setAttribute("aria-label", "Logit lens");

  const colours = choose(COLOURS, "first", v => { model.set("colours", v); model.save_changes(); });
  root.append(el("div", { className: "sw-bar" }, labelled("Colours", colours), el("span", { className: "sw-quiet" }, "Each cell is the first choice for the next token. ✓ is what came next.")));
  const table = el("table", { className: "sw-lens-table", role: "grid" }), body = el("tbody"), cells = [];
  table.setAttribute("aria-label", "First choice after each layer. Arrow keys move, Enter pins, Escape unpins.");
  table.append(el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "token read"), ...Array.from({ length: L }, (_, l) => el("th", { scope: "col" }, layer(l))))), body);
  for (let t = 0; t < T; t++) {
    const row = el("tr", {}, el("th", { scope: "row", className: "sw-token" }, visible(tokens[t], 18)));
    for (let l = 0; l < L; l++) {
      const i = l * T + t, right = t + 1 < T && came[2 * i + 1] === 1;
      const cell = el("td", { className: "sw-token", tabIndex: -1, role: "gridcell" }, (right ? "✓ " : "") + visible(words[ids[i * K]], 14));
      Object.assign(cell.dataset, { t, l });
      cells.push(cell);
      row.append(cell);
    }
    body.append(row);
  }
  const box = el("div", { className: "sw-lens-box" }, table), side = el("div", { className: "sw-lens-side" });
  root.append(el("div", { className: "sw-lens" }, box, side));
  const say = speaker(root), cell = ({ t, l }) => cells[t * L + l];
  const pinned = () => { const [t, l] = model.get("pin"); return t == null ? null : { t, l }; };
  at = pinned() || { t: T - 1, l: L - 1 }; // what is asked about, else the end of the text

  function paint() {
    const values = model.get("colours") === "first" ? i => probs[i * K] : i => came[2 * i];
    colours.value = model.get("colours");
    for (const node of cells) {
      const value = values(node.dataset.l * T + +node.dataset.t), c = Math.round(value * 255) * 3, [r, g, b] = CIVIDIS.slice(c, c + 3);
      node.style.background = value >= 0 ? `rgb(${r},${g},${b})` : "";
      node.style.color = value >= 0 ? inkOn(r, g, b) : "";
    }
    point();
  }
  function says({ t, l }) {
    const i = l * T + t, best = `after “${read(t)}” (${t}), ${after(l)}: “${word(ids[i * K])}” ${percent(probs[i * K])}`;
    return best + (t + 1 < T ? `. What came, “${read(t + 1)}”, had ${percent(came[2 * i])}, rank ${came[2 * i + 1]}` : "");
  }
  const bar = (name, p, mark) => el("div", { className: "sw-lens-bar" }, el("span", { className: "sw-token" }, name),
    el("span", { className: "sw-lens-track" }, el("span", { className: "sw-lens-fill", style: `width:${100 * p}%` })), el("span", { className: "sw-number" }, percent(p) + (mark ? " ✓" : "")));
  function point() {
    const here = hover || pinned() || at, pin = pinned(), i = here.l * T + here.t;
    for (const node of table.querySelectorAll(".sw-lens-here, .sw-lens-pin")) node.classList.remove("sw-lens-here", "sw-lens-pin");
    cell(here).classList.add("sw-lens-here");
    if (pin) cell(pin).classList.add("sw-lens-pin");
    cells.forEach(node => { node.tabIndex = -1; });
    cell(at).tabIndex = 0;
    const next = here.t + 1 < T ? tokens[here.t + 1] : null;
    side.replaceChildren(
      el("div", { className: "sw-lens-head" }, el("span", {}, "after "), el("b", { className: "sw-token" }, read(here.t)), el("span", {}, ` (${here.t}), ${after(here.l)}`)),
      ...Array.from({ length: K }, (_, k) => bar(visible(words[ids[i * K + k]], 18), probs[i * K + k], next != null && came[2 * i + 1] === k + 1)));
    if (next != null) side.append(
      el("div", { className: "sw-lens-head" }, el("span", {}, "What came, "), el("b", { className: "sw-token" }, read(here.t + 1)), el("span", {}, `, layer by layer (rank ${came[2 * i + 1]} here)`)),
      ...Array.from({ length: L }, (_, l) => bar(layer(l), came[2 * (l * T + here.t)], false)));
    else side.append(el("div", { className: "sw-quiet" }, "The text ends here: nobody knows what comes."));
  }
  const follow = frame(point), soon = frame(paint);
  const pinAt = here => { const old = pinned(); model.set("pin", old && old.t === here.t && old.l === here.l ? [] : [here.t, here.l]); model.save_changes(); say(pinned() ? "pinned. " + says(here) : "unpinned"); };
  const target = event => { const node = event.target.closest("td"); return node && { t: +node.dataset.t, l: +node.dataset.l }; };
  table.onpointermove = event => { const here = target(event); if (here && !(hover && hover.t === here.t && hover.l === here.l)) { hover = here; follow(); } };
  table.onpointerleave = () => { hover = null; follow(); };
  table.onclick = event => { const here = target(event); if (here) { at = here; pinAt(here); cell(here).focus({ preventScroll: true }); } };
  const go = (dt, dl) => () => {
    at = { t: Math.max(0, Math.min(T - 1, at.t + dt)), l: Math.max(0, Math.min(L - 1, at.l + dl)) };
    hover = at;
    point();
    cell(at).focus({ preventScroll: true });
    cell(at).scrollIntoView({ block: "nearest", inline: "nearest" });
    say(says(at));
  };
  keys(table, {
    ArrowUp: go(-1, 0), ArrowDown: go(1, 0), ArrowLeft: go(0, -1), ArrowRight: go(0, 1), Home: go(0, -L), End: go(0, L), PageUp: go(-10, 0), PageDown: go(10, 0),
    Enter: () => pinAt(at), Escape: () => { hover = null; model.set("pin", []); model.save_changes(); say("unpinned"); follow(); },
  });
  paint();
  const sized = () => {
    root.classList.toggle("sw-lens-narrow", root.clientWidth < 660);
    if (!opened) box.scrollTop = cell(at).offsetTop - box.clientHeight + 90;
    opened = true;
  };
  const ends = [listen(model, "colours", soon), listen(model, "pin", follow), watch(root, sized)];
  return () => ends.forEach(end => end());
}
export default widget({ render });
