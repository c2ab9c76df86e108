// NextToken. Python computes all numbers; a move of a slider or a click is sent, and one answer is drawn.
const digits = p => p >= .0995 ? p.toFixed(3) : p > 1e-4 ? p.toPrecision(2) : p > 0 ? "<0.0001" : "0";
function renderNext(model, root) {
  root.setAttribute("aria-label", "Next token");
  let playing = 0, timer = 0, pause = 400, row = 0, hold = false;
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const state = () => model.get("state");
  const text = el("div", { className: "nt-text", role: "list", "aria-label": "The text so far, with the entropy of each step" });
  const fact = el("div", { className: "sw-number sw-quiet nt-fact" }), list = el("div", { className: "nt-bars", role: "listbox", tabIndex: 0, "aria-label": "Candidates. Up and down choose, Enter takes one, Backspace undoes." });
  const foot = el("div", { className: "sw-number sw-quiet" });
  const play = press("▶ Play", "Play", () => run(!playing)), draw = press("Draw", "Draw one token", () => { run(false); model.send("draw"); });
  const undo = press("↶ Undo", "Undo the last token", () => { run(false); model.send("undo"); });
  const again = press("⟲", "Back to the prompt", () => { run(false); model.send("restart"); });
  const speed = slide(0, 10, 1, 6, v => { pause = 1600 * .75 ** v; });
  const tools = el("div", { className: "sw-bar" }, play, draw, undo, again, labelled("speed", speed));
  const knobs = [
    ["temperature", 0, 2, .05, v => v, v => v, v => v === 0 ? "0 (greedy)" : v.toFixed(2)],
    ["top_k", 0, Math.min(50, state().size), 1, v => v || null, v => v ?? 0, v => v == null ? "off" : String(v)],
    ["top_p", .05, 1, .01, v => v < 1 ? v : null, v => v ?? 1, v => v == null ? "off" : v.toFixed(2)],
    ["min_p", 0, .5, .01, v => v || null, v => v ?? 0, v => v == null ? "off" : v.toFixed(2)],
  ].map(([name, min, max, step, into, from, words]) => {
    const out = el("output", { className: "sw-number nt-out" }), input = slide(min, max, step, 0, v => { late(name, into(v)); show(into(v)); });
    const show = v => { out.textContent = input.ariaValueText = words(v); };
    return { box: labelled(name.replace("_", "-"), el("span", { className: "nt-knob" }, input, out)), show: () => { input.value = from(model.get(name)); show(model.get(name)); } };
  });
  const off = press("All off", "Temperature 1, no cuts", () => { model.set("temperature", 1); for (const n of ["top_k", "top_p", "min_p"]) model.set(n, null); model.save_changes(); });
  const cuts = el("div", { className: "sw-bar" }, ...knobs.map(k => k.box), off);
  const head = el("div", { className: "nt-row nt-head sw-quiet", ariaHidden: "true" }, ...["token", "", "model", "after cuts"].map(word => el("span", {}, word)));
  root.append(text, tools, cuts, fact, head, list, foot);
  const say = speaker(root);
  const waiting = {}; // a slider's moves between two frames are one move
  const send = frame(() => { for (const [name, value] of Object.entries(waiting)) { model.set(name, value); delete waiting[name]; } model.save_changes(); });
  const late = (name, value) => { waiting[name] = value; send(); };

  const step = () => { if (playing) model.send("draw"); };
  function run(on) {
    clearTimeout(timer);
    playing = on && !state().full && !state().ended;
    play.textContent = playing ? "❚❚ Pause" : "▶ Play"; play.title = play.ariaLabel = playing ? "Pause" : "Play";
    if (playing) step();
  }
  const take = n => { const bar = state().bars[n]; run(false); if (bar && !state().full) model.send(bar[0]); };
  const mark = n => {
    row = Math.max(0, Math.min(state().bars.length - 1, n));
    [...list.children].forEach((node, i) => { node.classList.toggle("nt-on", i === row); node.ariaSelected = String(i === row); });
    list.setAttribute("aria-activedescendant", list.children[row].id);
  };
  const told = ([id, word, own, left, why]) => `${visible(word)}, token ${id}: ${digits(own)}` + (why === "kept" ? own === left ? "" : `, now ${digits(left)}` : `, cut by ${why}`);
  keys(list, { ArrowDown: () => { mark(row + 1); say(told(state().bars[row])); }, ArrowUp: () => { mark(row - 1); say(told(state().bars[row])); },
    Home: () => mark(0), End: () => mark(99), Enter: () => take(row), Backspace: () => { run(false); model.send("undo"); }, " ": () => run(!playing) });

  let before = 0;
  const id = "nt" + Math.random().toString(36).slice(2);
  function paint() {
    const s = state(), top = Math.max(...s.bars.map(b => Math.max(b[2], b[3])), .01);
    for (const knob of knobs) knob.show();
    // Each token stands on a bar as high as the model was unsure before it came.
    const most = Math.max(4, ...s.tokens.map(t => t[2] || 0));
    text.replaceChildren(...s.tokens.map(([number, word, doubt, surprise], n) => {
      const said = `${visible(word)}, token ${number}` + (doubt == null ? ", the beginning" : `: entropy ${doubt.toFixed(2)} bits, surprise ${surprise.toFixed(2)} bits`);
      const node = el("span", { className: "nt-token" + (n < s.given ? " nt-given" : ""), title: said, role: "listitem", "aria-label": said },
        el("span", { className: "sw-token" }, visible(word, 40)), el("span", { className: "nt-doubt" }, el("i", {})));
      node.lastChild.firstChild.style.height = 14 * (doubt || 0) / most + "px";
      node.onmouseenter = () => { foot.textContent = said; hold = true; };
      node.onmouseleave = () => { hold = false; summary(); };
      return node;
    }));
    text.scrollTop = text.scrollHeight;
    fact.textContent = `The model's entropy is ${s.entropy.toFixed(2)} bits; after temperature and cuts ${s.after.toFixed(2)} bits, ${s.kept.toLocaleString("en")} of ${s.size.toLocaleString("en")} tokens may come.`
      + (s.ended ? " The text has ended." : s.full ? " The model's window is full." : "");
    list.replaceChildren(...s.bars.map((bar, n) => {
      const [number, word, own, left, why] = bar, cut = why !== "kept";
      const node = el("div", { className: "nt-row" + (cut ? " nt-cut" : ""), role: "option", id: `${id}-${n}`, title: "Take " + told(bar), "aria-label": told(bar) },
        el("span", { className: "sw-token nt-word" }, visible(word, 22)), el("span", { className: "nt-track" }, el("span", { className: "nt-own" }), el("span", { className: "nt-left" })),
        el("span", { className: "sw-number nt-own-p" }, digits(own)), el("span", { className: "sw-number nt-left-p" }, cut ? "cut: " + why : digits(left)));
      node.children[1].children[0].style.width = 100 * own / top + "%";
      node.children[1].children[1].style.width = 100 * left / top + "%";
      node.onclick = () => { row = n; take(n); };
      return node;
    }));
    summary();
    mark(s.tokens.length === before ? row : 0);
    able(s.tokens.length > s.given, undo, again);
    able(!s.full && !s.ended, draw, play);
    if (before && s.tokens.length > before) say(`${visible(s.tokens.at(-1)[1])}. Entropy ${s.entropy.toFixed(1)} bits`);
    else if (before) say(fact.textContent);
    const grown = s.tokens.length > before;
    before = s.tokens.length;
    if (playing && (s.full || s.ended)) run(false);
    else if (playing && grown) { clearTimeout(timer); timer = setTimeout(step, pause); }
  }
  const summary = () => { const s = state(); if (!hold) foot.textContent = `${(s.size - s.bars.length).toLocaleString("en")} more tokens: ${digits(Math.max(0, s.rest[0]))}, now ${digits(s.rest[1] > 1e-6 ? s.rest[1] : 0)}. Outline: the model's own probability; filled: what temperature and cuts leave. Under each token of the text: the entropy before it.`; };
  const soon = frame(paint);
  paint();
  const ends = [watch(root, () => { text.scrollTop = text.scrollHeight; }), listen(model, "state temperature top_k top_p min_p", soon)];
  return () => { run(false); for (const end of ends) end(); };
}
export default widget({ render: renderNext });
