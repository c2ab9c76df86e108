// Which tokens speak for what the model says next: gradient × input, and leave-one-out beside it.
const WAYS = ["gradient × input", "leave-one-out"];
const largest = row => Math.max(1e-9, ...row.map(x => Math.abs(x) || 0));
const signed = (x, most) => !isFinite(x) ? "" : (x < 0 ? "−" : "+") + Math.abs(x).toFixed(most < .1 ? 4 : 2);
const chance = p => (p >= .001 ? (100 * p).toFixed(1) : "< 0.1") + " %";
function ranks(xs) { // from the smallest; equal ones share theirs
  const order = xs.map((x, i) => i).sort((a, b) => xs[a] - xs[b]), out = [];
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && xs[order[j]] === xs[order[i]]) j++;
    for (let k = i; k < j; k++) out[order[k]] = (i + j - 1) / 2;
    i = j;
  }
  return out;
}
function agreement(a, b) { // Spearman's rank correlation
  const x = ranks(a), y = ranks(b), m = (a.length - 1) / 2;
  let xy = 0, xx = 0, yy = 0;
  x.forEach((v, i) => { xy += (v - m) * (y[i] - m); xx += (v - m) ** 2; yy += (y[i] - m) ** 2; });
  return xx && yy ? xy / Math.sqrt(xx * yy) : NaN;
}

function render(model, root) {
  const tokens = model.get("tokens"), shown = tokens.map(token => visible(token, 40));
  let opened = false, at = model.get("position"), hover = null, way = 0, spans = [], rows = [];
  root.setAttribute("aria-label", "Saliency");
  const target = choose([], "", v => ask(model.get("position"), +v)), tint = choose(WAYS.map((text, i) => [text, i]), 0, v => { way = +v; redraw(); });
  const slow = press("", "Reckon leave-one-out", () => { busy(); model.set("truth", true); model.save_changes(); });
  const said = el("div", { className: "sw-sal-said" }), strip = el("div", { className: "sw-sal-strip", role: "listbox", tabIndex: 0 }), tip = el("div", { className: "sw-sal-tip sw-number" });
  strip.setAttribute("aria-label", "Tokens. Arrow keys move, Enter asks what speaks for the token after this one.");
  const table = el("table", { className: "sw-sal-table" }), body = el("tbody"), heads = WAYS.map(text => el("th", { scope: "col" }, text));
  const box = el("div", { className: "sw-sal-box", tabIndex: 0, role: "region", "aria-label": "Both scores of every token" }, table);
  table.append(el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "token"), ...heads)), body);
  root.append(
    el("div", { className: "sw-bar" }, labelled("What speaks for", target), labelled("Tint by", tint), slow), said, strip, tip, box);
  const say = speaker(root);
  tokens.forEach((token, i) => {
    const span = el("span", { className: "sw-sal-token sw-token", role: "option", id: `${model.model_id || "sal"}-${i}-${Math.random().toString(36).slice(2, 8)}` }, shown[i]);
    span.dataset.i = i;
    spans.push(span);
    strip.append(span);
  });

  const scores = () => { const all = [...new Float32Array(bytes(model.get("scores")).slice().buffer)], n = all.length / 2; return [all.slice(0, n), all.slice(n)]; };
  const busy = () => { said.textContent = "The kernel is reckoning…"; root.setAttribute("aria-busy", "true"); };
  function ask(position, id) {
    if (position === model.get("position") && id === model.get("target")) return;
    busy();
    model.set("position", position);
    model.set("target", id);
    model.save_changes();
  }
  function whole() { // after an answer of the kernel
    const facts = model.get("facts"), both = scores(), n = both[0].length, most = both.map(row => largest(row));
    root.removeAttribute("aria-busy");
    at = facts.position;
    target.replaceChildren(...facts.choices.map(([id, word, p]) => el("option", { value: String(id) }, `“${visible(word)}” ${chance(p)}${id === facts.next ? " (what came)" : ""}`)));
    target.value = String(facts.target);
    const reckoned = isFinite(both[1][0]), match = reckoned ? agreement(...both) : NaN;
    away(slow, reckoned, strip);
    slow.textContent = `Reckon leave-one-out: ${n} readings of the text`;
    said.replaceChildren("After ", el("b", { className: "sw-token" }, shown[at]), ` (${at}) the model gives `, el("b", { className: "sw-token" }, visible(facts.word)), ` ${chance(facts.probability)}. `,
      el("span", { className: "sw-quiet sw-number" }, `Gradient × input took ${time(facts.seconds[0])}, leave-one-out ${reckoned ? time(facts.seconds[1]) : "is not reckoned yet"}` + (n > 2 && isFinite(match) ? `; their orders agree by ${match.toFixed(2)} (1: the same, 0: not at all).` : ".")));
    rows = both[0].map((_, i) => {
      const cells = both.map((row, w) => {
        const part = 50 * Math.abs(row[i] || 0) / most[w], side = row[i] < 0 ? `right:50%;width:${part}%` : `left:50%;width:${part}%`;
        return el("td", {}, el("span", { className: "sw-sal-track" }, el("span", { className: row[i] < 0 ? "sw-sal-con" : "sw-sal-pro", style: side })), el("span", { className: "sw-number" }, signed(row[i], most[w])));
      });
      const line = el("tr", {}, el("th", { scope: "row", className: "sw-token" }, visible(tokens[i], 18)), ...cells);
      line.dataset.i = i;
      return line;
    });
    body.replaceChildren(...rows);
    paint();
    look();
  }
  function look() { // the row that is asked about is the last, and its token is in sight too
    fit();
    box.scrollTop = box.scrollHeight;
    const over = spans[at].offsetTop - strip.offsetTop;
    if (over < strip.scrollTop || over + 30 > strip.scrollTop + strip.clientHeight) strip.scrollTop = over - strip.clientHeight / 2;
  }
  function fit() { box.style.maxHeight = `clamp(140px, 100vh - ${150 + box.offsetTop}px, 520px)`; } // down to the end of a laptop's page
  const time = s => (s < 1 ? `${(1000 * s).toFixed(0)} ms` : `${s.toFixed(1)} s`);
  function paint() {
    const row = scores()[way], most = largest(row), dark = root.classList.contains("sw-dark");
    spans.forEach((span, i) => {
      const part = (row[i] || 0) / most, share = Math.round(Math.sqrt(Math.abs(part)) * (dark ? 55 : 60));
      span.style.background = part ? `color-mix(in srgb, ${part > 0 ? (dark ? "#2b8fd6" : "#56b4e9") : (dark ? "#c2571a" : "#f0a35e")} ${share}%, var(--sw-paper))` : "";
      span.classList.toggle("sw-sal-con-token", part < -.05);
      span.classList.toggle("sw-sal-off", i >= row.length);
      span.classList.toggle("sw-sal-at", i === model.get("position"));
      span.setAttribute("aria-selected", String(i === model.get("position")));
    });
    point();
  }
  function words(i) {
    const both = scores();
    if (i >= both[0].length) return `“${shown[i]}” (${i}) comes later: it cannot speak for what stands before it`;
    return `“${shown[i]}” (${i}): ${WAYS.map((text, w) => `${text} ${signed(both[w][i], largest(both[w])) || "not reckoned"}`).join(", ")}`;
  }
  function point() {
    const here = hover ?? (document.activeElement === strip ? at : null);
    spans.forEach((span, i) => span.classList.toggle("sw-sal-here", i === here));
    rows.forEach((line, i) => line.classList.toggle("sw-sal-here", i === here));
    tip.textContent = here == null ? "Blue speaks for it, orange (underlined) against it. Click a token to ask about the one after it." : words(here);
    strip.setAttribute("aria-activedescendant", spans[at].id);
  }
  const follow = frame(point), redraw = frame(paint);
  const over = event => { const node = event.target.closest("[data-i]"), i = node ? +node.dataset.i : null; if (i !== hover) { hover = i; follow(); } };
  for (const place of [strip, body]) {
    place.onpointermove = over;
    place.onpointerleave = () => { hover = null; follow(); };
    place.onclick = event => { const node = event.target.closest("[data-i]"); if (node) { at = +node.dataset.i; ask(at, -1); follow(); } };
  }
  strip.onfocus = strip.onblur = follow;
  const go = by => () => { at = Math.max(0, Math.min(tokens.length - 1, at + by)); hover = null; follow(); spans[at].scrollIntoView({ block: "nearest" }); say(words(at)); };
  const enter = () => ask(at, -1);
  keys(strip, { ArrowLeft: go(-1), ArrowRight: go(1), ArrowUp: go(-10), ArrowDown: go(10), Home: go(-1e6), End: go(1e6), Enter: enter, " ": enter });
  whole();
  const answered = frame(() => { whole(); say(said.textContent); });
  const ends = [listen(model, "facts scores", answered), watch(root, () => { redraw(); opened ? fit() : look(); opened = true; })];
  return () => ends.forEach(end => end());
}
export default widget({ render });
