// Attention of every layer and head; one of them large, cell by cell, and the text growing token by token.
const SCALES = [["square root", "sqrt"], ["linear", "linear"], ["each row by its largest", "row"]];
const SPEEDS = [["slow", 1200], ["normal", 500], ["fast", 150]];
const HEATS = 34; // pixels of a cell, at most
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

// One model on one text: the bytes of its weights, read out head by head and kept.
class Side {
  constructor(facts, data, bits) {
    // What is looked at: another text, or its own
    const keys = facts.keys || facts.tokens;
    Object.assign(this, facts, { keys, own: keys === facts.tokens, T: facts.tokens.length, S: keys.length, kept: new Map() });
    const wide = bits / 8, per = this.causal ? this.T * (this.T + 1) / 2 : this.T * this.S, count = this.layers * this.heads * per;
    const own = data.slice(this.start, this.start + count * wide); // a copy, so that it begins at an even address
    this.raw = wide === 2 ? new Uint16Array(own.buffer) : own;
    this.per = per;
    this.levels = 2 ** bits - 1;
    [this.shown, this.asked] = [this.tokens, this.keys].map(texts => texts.map(text => visible(text, 40)));
  }
  matrix(layer, head) { // (T, S), row by row; head -1 is the mean of all heads
    const key = layer * 1000 + head, { T, S, heads } = this;
    if (this.kept.has(key)) return this.kept.get(key);
    const cells = new Float32Array(T * S);
    if (head < 0) for (let h = 0; h < heads; h++) this.matrix(layer, h).forEach((w, i) => { cells[i] += w / heads; });
    else for (let q = 0, from = (layer * heads + head) * this.per; q < T; q++) {
      for (let k = 0; k < this.end(q); k++) cells[q * S + k] = (this.raw[from++] / this.levels) ** 2;
    }
    if (this.kept.size > 200) this.kept.delete(this.kept.keys().next().value);
    this.kept.set(key, cells);
    return cells;
  }
  // How many columns row q sees
  end(q) { return this.causal ? q + 1 : this.S; }
  sees(q, k) { return k < this.end(q); }
}

function render(model, root) {
  const data = bytes(model.get("data")), sides = model.get("sides").map(facts => new Side(facts, data, model.get("bits")));
  const T = Math.max(...sides.map(s => s.T)), S = Math.max(...sides.map(s => s.S)), L = Math.max(...sides.map(s => s.layers)), H = Math.max(...sides.map(s => s.heads));
  const digits = model.get("bits") === 8 ? 2 : 4;
  let cursor = null, upto = T, timer = 0;
  root.setAttribute("aria-label", "Attention view");
  const pinned = () => { const [q, k] = model.get("pin"); return q == null || q >= upto ? null : { q, k }; };
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const chosen = side => [Math.min(model.get("layer"), side.layers - 1), Math.min(model.get("head"), side.heads - 1)];
  const matrix = side => side.matrix(...chosen(side));
  // How many columns are shown by now
  const seen = side => (side.own ? Math.min(upto, side.T) : side.S);

  // Controls. What is read counts from 1, what Python gets from 0.
  const count = n => Array.from({ length: n }, (_, i) => [i + 1, i]), named = (l, h) => `layer ${l + 1}, ` + (h < 0 ? "mean of all heads" : `head ${h + 1}`);
  const layers = choose(count(L), 0, v => set("layer", +v)), heads = choose([["mean of all", -1], ...count(H)], 0, v => set("head", +v));
  const scales = choose(SCALES, "sqrt", v => set("scale", v));
  const play = press("▶ play", "Play: let the text grow token by token", () => (timer ? pause() : start()));
  const back = press("‹", "One token back", () => { pause(); show(upto - 1); });
  const next = press("›", "One token on", () => { pause(); show(upto + 1); });
  const place = slide(1, T, 1, T, v => { pause(); show(v); });
  const speed = choose(SPEEDS, 500, () => { if (timer) { pause(); start(); } });
  const told = el("span", { className: "sw-quiet sw-number" }), most = el("span"), key = el("span", { className: "sw-att-key" });
  key.style.background = `linear-gradient(90deg, ${Array.from({ length: 9 }, (_, i) => `rgb(${CIVIDIS.slice(Math.round(i / 8 * 255) * 3).subarray(0, 3)})`)})`;
  place.setAttribute("aria-label", "Tokens shown");
  root.append(
    el("div", { className: "sw-bar" }, labelled("Layer", layers), labelled("Head", heads), labelled("Colours", scales), el("span", { className: "sw-ctl sw-quiet" }, "0", key, most)),
    el("div", { className: "sw-bar" }, play, back, next, place, told, labelled("Speed", speed)));

  // Places to draw on: an overview and a large heatmap for each side, which is
  // three canvases: its axes, over them one pixel for each cell, over them what marks a cell; a choice changes few pixels
  const body = el("div", { className: "sw-att" }), tip = el("div", { className: "sw-att-tip sw-number" });
  const views = sides.map((side, n) => {
    const whose = side.name ? ` of ${side.name}` : "";
    const over = el("canvas", { tabIndex: 0, className: "sw-att-over" }), around = el("div", { className: "sw-att-frame" });
    const axes = el("canvas"), cells = el("canvas", { className: "sw-att-cells", width: side.S, height: side.T }), marks = el("canvas", { className: "sw-att-marks" });
    const grid = el("div", { tabIndex: 0, className: "sw-att-main", role: "application" }, axes, cells, marks), strip = el("div", { className: "sw-att-strip sw-token" });
    over.setAttribute("role", "application");
    over.setAttribute("aria-label", `All ${side.layers} layers by ${side.heads} heads${whose}. Arrow keys choose one.`);
    grid.setAttribute("aria-label", `Attention weights${whose}: ${side.T} tokens, rows, look at ${side.S}, columns. Arrow keys move, Enter pins, Escape unpins, Page Up and Page Down change the layer, Home and End go along the row.`);
    side.asked.forEach((text, i) => { const span = el("span", { className: "sw-att-token" }, text); span.dataset.i = i; strip.append(span); });
    const title = el("span"), hidden = el("span", { className: "sw-quiet" }, side.causal ? "hatched: the future, masked" : "");
    body.append(el("div", { className: "sw-att-side" },
      el("div", { className: "sw-att-few" }, el("div", {}, el("div", { className: "sw-quiet" }, "layers ↓ heads →"), el("div", { className: "sw-att-all" }, over, around)), strip), el("div", { className: "sw-att-large" }, el("div", { className: "sw-att-title" }, title, hidden), grid)));
    return { side, over, around, axes, cells, marks, grid, strip, title };
  });
  root.append(tip, body);
  const say = speaker(root);

  // The overview: each head small, each row by its largest, the largest of the cells that share a pixel
  const tile = side => clamp(Math.floor((sides.length > 1 ? 130 : 190) / side.heads) - 2, 9, 34);
  function thumbnail(side, layer, head, size) {
    const { T, S } = side, n = Math.min(T, size), m = Math.min(S, size), w = side.matrix(layer, head), most = new Float32Array(n * m).fill(-1), image = new ImageData(m, n);
    for (let q = 0; q < T; q++) {
      const row = w.subarray(q * S, q * S + side.end(q)), top = Math.max(1e-9, ...row);
      row.forEach((v, k) => { const at = Math.floor(q * n / T) * m + Math.floor(k * m / S); most[at] = Math.max(most[at], v / top); });
    }
    most.forEach((v, i) => { if (v >= 0) colour(image.data, i, Math.sqrt(v)); });
    return image;
  }
  function colour(pixels, i, v) {
    const c = Math.round(clamp(v, 0, 1) * 255) * 3;
    pixels[i * 4] = CIVIDIS[c]; pixels[i * 4 + 1] = CIVIDIS[c + 1]; pixels[i * 4 + 2] = CIVIDIS[c + 2]; pixels[i * 4 + 3] = 255;
  }
  const left = 20, top = 16; // pixels for the numbers of the heads and layers
  function drawOver(view) {
    const { side, size, step } = view;
    if (!view.small) { // drawn once: nothing in it changes with the theme
      view.small = el("canvas");
      const c = sheet(view.small, side.heads * step, side.layers * step), part = el("canvas");
      for (let l = 0; l < side.layers; l++) for (let h = 0; h < side.heads; h++) {
        const image = thumbnail(side, l, h, size);
        [part.width, part.height] = [image.width, image.height];
        part.getContext("2d").putImageData(image, 0, 0);
        c.drawImage(part, h * step, l * step, size, size);
      }
    }
    const c = sheet(view.over, left + side.heads * step + 2, top + side.layers * step + 2);
    c.fillStyle = css(root, "--sw-quiet");
    c.font = "10px system-ui, sans-serif";
    c.textBaseline = "middle";
    c.textAlign = "center";
    for (let i = 0; i < side.heads; i++) c.fillText(i + 1, left + i * step + size / 2, 8);
    c.textAlign = "right";
    for (let i = 0; i < side.layers; i++) c.fillText(i + 1, left - 5, top + i * step + size / 2);
    c.fillStyle = css(root, "--sw-panel");
    for (let i = 0; i < side.layers * side.heads; i++) c.fillRect(left + i % side.heads * step, top + Math.floor(i / side.heads) * step, size, size);
    c.drawImage(view.small, left, top, side.heads * step, side.layers * step);
    const known = size * Math.min(1, upto / side.T); // what the text has not come to yet is not given away here
    for (let i = 0; i < side.layers * side.heads; i++) {
      const x = left + i % side.heads * step, y = top + Math.floor(i / side.heads) * step;
      c.fillRect(x, y + known, size, size - known);
      if (side.own) c.fillRect(x + known, y, size - known, size);
    }
  }
  function drawChoice({ side, around, size, step }) { // the frame that moves over the overview
    const [l, h] = chosen(side), { style } = around;
    style.left = left - 3 + Math.max(0, h) * step + "px";
    style.top = top - 3 + l * step + "px";
    style.width = (h < 0 ? (side.heads - 1) * step : 0) + size + 6 + "px";
    style.height = size + 6 + "px";
  }

  // The large heatmap
  const pen = el("canvas").getContext("2d");
  pen.font = "12px ui-monospace, monospace";
  const longest = Math.max(...sides.flatMap(s => [...s.shown, ...s.asked].map(t => pen.measureText(visible(t, 14)).width)));
  function measure() {
    // All of it fits into the page: the window, less what Lab has above and below a notebook.
    const edge = Math.ceil(clamp(longest, 20, 104)) + 8, room = (root.clientWidth || 920) - 20, two = sides.length > 1 && room > 740;
    const high = clamp(innerHeight - 140, 380, 1000) - body.offsetTop - 26, wide = Math.max(210, ...views.map(v => left + v.side.heads * v.step));
    const over = Math.max(96, ...views.map(v => 20 + top + v.side.layers * v.step)), least = two || sides.length < 2 ? 0 : 320;
    const cell = (width, height) => { const x = clamp(Math.min((Math.min(width, 760) - edge) / S, (Math.min(height, 760) - edge) / T), 1, HEATS); return x < 6 ? Math.floor(4 * x) / 4 : Math.floor(x); };
    const above = cell(two ? room / 2 - 20 : room, Math.max(least, high - over - 10)), beside = two ? 0 : cell(room - wide - 26, Math.max(least, high));
    const row = beside >= above; // the overview stands above where beside it the heatmap would be smaller
    body.className = `sw-att${two ? " sw-att-two" : row ? " sw-att-beside" : ""}`;
    for (const view of views) {
      view.edge = edge;
      view.grid.dataset.cell = view.cell = row ? beside : above;
      const { style } = view.strip;
      style.width = row ? wide + "px" : "";
      style.maxHeight = (row ? Math.max(80, edge + view.cell * T - 10 - top - view.side.layers * view.step) : over) + "px";
    }
  }
  function drawAxes(view) {
    const { side, edge, cell } = view, n = Math.min(upto, side.T), size = cell * side.T, wide = cell * side.S, m = seen(side), c = sheet(view.axes, edge + wide + 2, edge + size + 2);
    c.save(); // the future: light, and crossed by thin lines
    c.beginPath();
    c.rect(edge, edge, cell * m, cell * n);
    c.clip();
    c.fillStyle = css(root, "--sw-panel");
    c.fillRect(edge, edge, wide, size);
    c.strokeStyle = css(root, "--sw-line");
    c.lineWidth = 1;
    c.beginPath();
    for (let d = 0, gap = Math.max(6, cell); d < 2 * size; d += gap) { c.moveTo(edge + d, edge); c.lineTo(edge + d - size, edge + size); }
    c.stroke();
    c.restore();
    c.strokeStyle = css(root, "--sw-line");
    c.strokeRect(edge - .5, edge - .5, wide + 1, size + 1);
    c.fillStyle = css(root, "--sw-ink");
    c.font = `${Math.min(12, Math.max(10, cell))}px ui-monospace, monospace`;
    for (let i = 0; i < n; i += every(cell)) label(c, view, i);
    for (let i = 0; i < m; i += every(cell)) label(c, view, null, i);
    const { style } = view.cells;
    style.left = style.top = edge + "px";
    [style.width, style.height] = [wide + "px", size + "px"];
  }
  function drawCells({ side, cells, title }) {
    const { T, S } = side, n = Math.min(upto, T), w = matrix(side), mode = model.get("scale"), image = new ImageData(S, T);
    for (let q = 0; q < n; q++) {
      const end = Math.min(side.end(q), seen(side)), row = q * S;
      let top = 1;
      if (mode === "row") { top = 1e-9; for (let k = 0; k < end; k++) top = Math.max(top, w[row + k]); }
      for (let k = 0; k < end; k++) colour(image.data, row + k, mode === "sqrt" ? Math.sqrt(w[row + k]) : w[row + k] / top);
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    const [l, h] = chosen(side);
    title.textContent = `${side.name ? side.name + ": " : ""}${named(l, h)}`;
  }
  const every = cell => Math.ceil(13 / cell); // of so many tokens one has room for its label
  function label(c, { side, edge, cell }, q, k) {
    c.textBaseline = "middle";
    c.textAlign = "right";
    if (q != null) c.fillText(visible(side.tokens[q], 14), edge - 5, edge + (q + .5) * cell, edge - 6);
    if (k == null) return;
    c.save();
    c.translate(edge + (k + .5) * cell, edge - 5);
    c.rotate(-Math.PI / 2);
    c.textAlign = "left";
    c.fillText(visible(side.keys[k], 14), 0, 0, edge - 6);
    c.restore();
  }
  function drawMarks(view) {
    const { side, edge, cell } = view, pin = pinned();
    view.marks.hidden = !cursor && !pin;
    if (view.marks.hidden) return;
    const c = sheet(view.marks, edge + cell * side.S + 2, edge + cell * side.T + 2);
    const box = (at, colour, dashed) => {
      if (!at || at.q >= side.T || at.k >= side.S) return;
      c.strokeStyle = colour;
      c.setLineDash(dashed ? [4, 3] : []);
      c.lineWidth = 1.5;
      c.strokeRect(edge - 1, edge + at.q * cell - 1, cell * side.S + 2, cell + 2);
      c.setLineDash([]);
      for (const [style, width] of [["#fff", 6], [colour, 3]]) { // white around it: seen on dark cells and on bright ones
        c.strokeStyle = style;
        c.lineWidth = width;
        c.strokeRect(edge + at.k * cell - 1.5, edge + at.q * cell - 1.5, cell + 3, cell + 3);
      }
    };
    box(pin, css(root, "--sw-focus"), true);
    box(cursor, css(root, "--sw-mark"), false);
    const at = cursor || pin;
    if (!at || at.q >= side.T || at.k >= side.S) return;
    c.font = "bold 12px ui-monospace, monospace"; // the names of this cell, whichever others found room
    c.fillStyle = css(root, "--sw-paper");
    const clear = i => { // where the labels are that it would overlap: the one before it and the one after
      const own = edge + (i + .5) * cell, past = i % every(cell);
      return past ? [own - past * cell - 7, every(cell) * cell + 14] : [own - 7, 14];
    };
    const [y, high] = clear(at.q), [x, wide] = clear(at.k);
    c.fillRect(0, y, edge - 2, high);
    c.fillRect(x, 0, wide, edge - 2);
    c.fillStyle = css(root, "--sw-ink");
    label(c, view, at.q, at.k);
  }
  function drawStrip({ side, strip }, at) {
    const w = matrix(side), row = at && at.q < side.T ? at.q : -1, there = seen(side);
    [...strip.children].forEach((span, i) => {
      const lit = row >= 0 && side.sees(row, i), c = lit ? Math.round(Math.sqrt(w[row * side.S + i]) * 255) * 3 : -1;
      const [r, g, b] = CIVIDIS.slice(c, c + 3), looks = "sw-att-token" + (side.own && i === row ? " sw-att-row" : "") + (i >= there || (row >= 0 && !lit) ? " sw-att-off" : "");
      if (span.c === c && span.className === looks) return; // restyling is dear
      Object.assign(span, { c, className: looks });
      span.style.background = lit ? `rgb(${r},${g},${b})` : "";
      span.style.color = lit ? inkOn(r, g, b) : "";
    });
  }

  // What the cell under the cursor says
  function words(at) {
    return sides.map(side => {
      const called = side.name ? side.name + ": " : "";
      if (at.q >= side.T || at.k >= side.S) return `${called}has only ${at.q >= side.T ? side.T : side.S} tokens`;
      const from = `“${side.shown[at.q]}” (${at.q})`, to = `“${side.asked[at.k]}” (${at.k})`;
      return called + (side.sees(at.q, at.k) ? `${from} looks at ${to}: ${matrix(side)[at.q * side.S + at.k].toFixed(digits)}` : `${from} cannot see ${to}: masked, it is the future`);
    }).join("   |   ");
  }
  function tell() {
    const pin = pinned();
    const here = cursor ? words(cursor) : pin ? "" : "Point at a cell, or go there with the arrow keys, to read its weight. Click or Enter pins it.";
    const there = pin ? words(pin) : "";
    if (tip.dataset.told === here + there) return;
    tip.dataset.told = here + there;
    tip.replaceChildren(el("div", {}, here), ...(pin ? [el("div", {}, el("b", {}, "pinned "), there)] : []));
  }

  // Drawing: everything, what depends on the choice, or only what follows the cursor
  const mark = () => {
    const at = cursor || pinned();
    for (const view of views) { drawMarks(view); drawStrip(view, at); }
    tell();
  };
  const choice = () => {
    if (!views[0].cell) return; // not yet in the page: its size comes with `everything`
    layers.value = model.get("layer"); heads.value = model.get("head"); scales.value = model.get("scale");
    most.textContent = scales.value === "row" ? "its row's largest" : "1";
    for (const view of views) { drawChoice(view); drawCells(view); }
    mark();
  };
  const drawn = () => { for (const view of views) { drawOver(view); drawAxes(view); } choice(); };
  const grow = () => { if (views[0].cell) drawn(); };
  const everything = () => { for (const view of views) view.step = (view.size = tile(view.side)) + 3; measure(); drawn(); };
  const follow = frame(mark), soon = frame(choice), anew = frame(everything), grown = frame(grow);

  // Playback
  function show(n) {
    upto = clamp(n, 1, T);
    place.value = upto;
    told.textContent = `${upto} of ${T} tokens`;
    able(upto > 1, back);
    able(upto < T, next);
    cursor = timer || upto < T ? { q: upto - 1, k: strongest(upto - 1) } : null;
    grown();
  }
  function strongest(q) {
    const side = sides.find(s => q < s.T), w = matrix(side), row = q * side.S;
    let best = 0;
    for (let k = 0; k < side.S; k++) if (side.sees(q, k) && w[row + k] > w[row + best]) best = k;
    return best;
  }
  function start() {
    timer = setInterval(() => { if (upto < T) show(upto + 1); if (upto >= T) pause(); }, +speed.value);
    play.textContent = "❚❚ pause";
    play.title = "Pause";
    play.setAttribute("aria-label", "Pause");
    if (upto >= T) show(1);
  }
  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ play";
    play.title = "Play: let the text grow token by token";
    play.setAttribute("aria-label", play.title);
  }

  // Mouse and keyboard
  const pick = (l, h) => { model.set("layer", clamp(l, 0, L - 1)); set("head", clamp(h, 0, H - 1)); say(named(model.get("layer"), model.get("head"))); };
  const pinAt = at => { const old = pinned(); set("pin", old && old.q === at.q && old.k === at.k ? [] : [at.q, at.k]); say(pinned() ? "pinned. " + words(at) : "unpinned"); };
  for (const view of views) {
    const { side, over, grid, strip } = view, last = () => Math.min(upto, side.T) - 1, far = () => seen(side) - 1;
    const under = event => {
      const box = grid.getBoundingClientRect(), k = Math.floor((event.clientX - box.left - view.edge) / view.cell), q = Math.floor((event.clientY - box.top - view.edge) / view.cell);
      return k >= 0 && q >= 0 && k <= far() && q <= last() ? { q, k } : null;
    };
    grid.onpointermove = event => { cursor = under(event); follow(); };
    grid.onpointerleave = () => { cursor = null; follow(); };
    grid.onclick = event => { const at = under(event); if (at) pinAt(at); };
    const go = (dq, dk) => () => {
      const at = cursor || pinned() || { q: last(), k: 0 };
      cursor = { q: clamp(at.q + dq, 0, last()), k: clamp(at.k + dk, 0, far()) };
      follow();
      say(words(cursor));
    };
    const turn = by => () => { set("layer", clamp(model.get("layer") + by, 0, L - 1)); say(`layer ${model.get("layer") + 1}. ${cursor ? words(cursor) : ""}`); };
    keys(grid, {
      ArrowUp: go(-1, 0), ArrowDown: go(1, 0), ArrowLeft: go(0, -1), ArrowRight: go(0, 1), Home: go(0, -S), End: go(0, S), PageUp: turn(-1), PageDown: turn(1),
      Enter: () => { const at = cursor || pinned(); if (at) pinAt(at); },
      Escape: () => { cursor = null; set("pin", []); say("unpinned"); follow(); },
    });
    over.onclick = event => pick(Math.floor((event.offsetY - top) / view.step), Math.floor((event.offsetX - left) / view.step));
    const move = (dl, dh) => () => pick(model.get("layer") + dl, Math.max(0, model.get("head")) + dh);
    keys(over, { ArrowUp: move(-1, 0), ArrowDown: move(1, 0), ArrowLeft: move(0, -1), ArrowRight: move(0, 1), Home: move(0, -H), End: move(0, H) });
    strip.onpointermove = event => { const i = event.target.dataset.i; if (i <= far()) { cursor = { q: side.own ? +i : (cursor || pinned())?.q ?? last(), k: +i }; follow(); } };
    strip.onpointerleave = () => { cursor = null; follow(); };
  }
  show(model.get("shown") ?? T);
  const ends = [listen(model, "layer head scale", soon), listen(model, "pin", follow), watch(root, anew)];
  return () => { pause(); ends.forEach(end => end()); };
}
export default widget({ render });
