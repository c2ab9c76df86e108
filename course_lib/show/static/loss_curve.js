// LossCurve. Points come packed (u32 step, f32 value) with the place of the first: none is missed or repeated.
const OKABE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [4, 2], [10, 4]];

function makeCurve(model) {
  const store = { series: [], samples: [], head: {}, views: new Set() };
  const take = packed => { // as Series._pack
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    let at = 4 + view.getUint32(0, true), missed = false;
    const head = JSON.parse(new TextDecoder().decode(packed.subarray(4, at)));
    if (head.all) store.series = [];
    for (const [run, name, start, count] of head.series) {
      let one = store.series.find(s => s.run === run && s.name === name);
      if (!one) store.series.push(one = { run, name, x: [], y: [] });
      missed ||= start > one.x.length;
      one.x.length = one.y.length = Math.min(start, one.x.length);
      for (let i = 0; i < count; i++, at += 8) { one.x.push(view.getUint32(at, true)); one.y.push(view.getFloat32(at + 4, true)); }
    }
    store.samples = [...store.samples.slice(0, head.from), ...head.samples];
    store.head = head;
    if (missed) model.send("all");
    for (const view of store.views) view();
  };
  const all = () => take(bytes(model.get("points")));
  all();
  model.on("change:points", all);
  model.on("msg:custom", (_, buffers) => take(bytes(buffers[0])));
  return store;
}

function ease(y, share) { // as smoothed() in loss_picture.py
  let mean = 0, weight = 0;
  return share <= 0 ? y : y.map(v => isFinite(v) ? (mean = share * mean + (1 - share) * v) / (weight = share * weight + 1 - share) : v);
}
const nearest = (x, step) => x.reduce((best, v, i) => Math.abs(v - step) < Math.abs(x[best] - step) ? i : best, 0);
function marks(low, high, count, log) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count)), step = power * [1, 2, 5, 10].find(k => k * power * count >= high - low);
  const all = log && high / low > 4 ? [-4, -3, -2, -1, 0, 1, 2, 3].flatMap(p => [1, 2, 5].map(k => k * 10 ** p)) : Array.from({ length: count + 2 }, (_, i) => (Math.ceil(low / step) + i) * step);
  return all.filter(v => v >= low && v <= high).map(v => +v.toPrecision(6));
}

function renderCurve(model, root, store) {
  const facts = () => model.get("facts"), status = () => model.get("status"), busy = () => /^(runn|stopp)ing$/.test(status());
  const set = (name, value) => { model.set(name, value); model.save_changes(); }, reset = () => point(null);
  const text = className => el("div", { className }), whole = n => n.toLocaleString("en");
  let cursor = null, shown = -1, box = {}, heard = "";
  root.ariaLabel = "Loss curve";
  const canvas = el("canvas", { tabIndex: 0, role: "application" }), legend = text("sw-bar"), values = text("sw-number lc-values");
  const state = text("sw-number sw-quiet"), notes = text("sw-quiet lc-notes");
  const stop = press("", "Stop training after this step", halt);
  stop.classList.add("lc-stop");
  const nats = tick("nats per token", false, () => soon()), rungs = tick("ladder", true, () => soon()), log = tick("log scale", false, on => set("log_scale", on));
  const blur = slide(0, .98, .02, 0, v => set("smoothing", v));
  const said = el("pre", { className: "lc-said" }), which = text("sw-number sw-quiet");
  const back = press("‹", "Sample before", () => turn(-1)), on = press("›", "Next sample", () => turn(1));
  const talk = el("div", { className: "lc-talk" }, el("div", { className: "sw-bar" }, "The model said", back, on, which), said);
  root.append(el("div", { className: "sw-bar" }, stop, log, rungs, nats, labelled("smoothing", blur), state), legend, canvas, values, talk, notes);
  const say = speaker(root);
  const pick = () => Math.min(shown < 0 ? Infinity : shown, store.samples.length - 1);
  const turn = by => { shown = pick() + by; cursor = store.samples[shown][1]; draw(); say(`${which.textContent}: ${said.textContent}`); };

  function halt() {
    set("stop", true);
    say("stopping");
    setTimeout(async () => { // not heard: the page interrupts the kernel, which the loop takes as the same wish
      if (status() !== "running") return;
      const page = document.getElementById("jupyter-config-data"), xsrf = document.cookie.match(/_xsrf=([^;]+)/);
      const answer = page && await fetch(`${JSON.parse(page.textContent).baseUrl}api/kernels/${facts().kernel}/interrupt`,
        { method: "POST", headers: { "X-XSRFToken": xsrf?.[1] || "" } });
      if (!answer?.ok) notes.textContent = "Press the notebook's ■.";
    }, facts().grace);
  }
  const all = key => [...new Set(store.series.map(s => s[key]))], runs = () => all("run");
  const titleOf = s => runs()[1] ? `${s.run}: ${s.name}` : s.name;
  function draw() {
    const logs = model.get("log_scale"), { units, references, total } = facts(), [unit, f] = units[+nats.firstChild.checked] || units[0];
    const w = Math.max(300, Math.min(1100, root.clientWidth - 12)), ink = css(root, "--sw-quiet");
    const left = 48, top = 18, up = 246, over = w - left - (references.length ? 112 : 14), bottom = top + up;
    const end = Math.max(1, busy() ? total - 1 : 1, ...store.series.map(s => s.x.at(-1) || 0));
    let low = Infinity, high = -Infinity;
    const rows = store.series.filter((s, i) => legend.children[i]?.firstChild.checked ?? true).map(s => {
      const raw = s.y.map(v => v * f), good = raw.filter(v => isFinite(v) && (!logs || v > 0)).sort((a, b) => a - b);
      const [first = low] = good, usual = good[good.length * .995 | 0]; // a spike does not flatten the rest
      low = Math.min(low, first); high = Math.max(high, Math.min(good.at(-1), 4 * usual - 3 * first) || high);
      return { s, raw, soft: ease(raw, model.get("smoothing")), ...look(s) };
    });
    if (low > high) [low, high] = [1, 2];
    const near = ([name, v]) => rungs.firstChild.checked && (facts().always.includes(name) || v > low * .8 && v < high * 1.1);
    const lines = references.map(([name, v]) => [name, v / units[0][1] * f]).filter(near).sort((a, b) => a[1] - b[1]);
    for (const [, v] of lines) [low, high] = [Math.min(low, v), Math.max(high, v)];
    if (high - low < 1e-6) high = low + .01;
    const scale = logs ? Math.log : v => v, room = (scale(high) - scale(low)) * .05, base = scale(low) - room;
    const X = step => left + step / end * over, Y = v => bottom - up * (scale(v) - base) / (scale(high) + room - base);
    box = { left, over, end, rows };
    const c = sheet(canvas, w, 300), rule = (x, y, x1, y1) => { c.beginPath(); c.moveTo(x, y); c.lineTo(x1, y1); c.stroke(); };
    const dot = (x, y, r) => { c.beginPath(); c.arc(x, y, r, 0, 7); c.fill(); };
    c.font = "11px " + css(root, "font-family"); c.strokeStyle = css(root, "--sw-line"); c.fillStyle = ink; c.textAlign = "right"; c.textBaseline = "middle";
    for (const v of marks(low, high, 6, logs)) { rule(left, Y(v), left + over, Y(v)); c.fillText(v, left - 6, Y(v)); }
    c.textAlign = "center";
    for (const v of marks(0, end, Math.max(2, over / 80 | 0))) if (v % 1 === 0) c.fillText(whole(v), X(v), bottom + 13);
    c.fillText("step", left + over / 2, bottom + 29);
    c.textAlign = "left"; c.fillText(unit, left, 7); c.strokeStyle = ink; c.setLineDash([2, 3]);
    let last = Infinity;
    for (const [name, v] of lines) {
      rule(left, Y(v), left + over + 3, Y(v));
      last = Math.min(Y(v), last - 13);
      c.fillText(`${name} ${v.toFixed(2)}`, left + over + 6, last);
    }
    c.save(); c.beginPath(); c.rect(left, top - 2, over + 1, up + 4); c.clip();
    for (const { s, raw, soft, hue, dash } of rows) {
      const every = Math.ceil(s.x.length / over / 4); // of many points the lowest and highest of each few
      const trace = (ys, alpha, wide) => {
        c.globalAlpha = alpha; c.lineWidth = wide; c.strokeStyle = hue; c.setLineDash(DASHES[dash]); c.beginPath();
        let pen = "moveTo";
        for (let i = 0; i < ys.length; i += every) {
          const few = ys.slice(i, i + every).filter(isFinite);
          if (!few.length) pen = "moveTo";
          else for (const v of [Math.max(...few), Math.min(...few)]) { c[pen](X(s.x[i]), Y(v)); pen = "lineTo"; }
        }
        c.stroke(); c.globalAlpha = 1; c.setLineDash([]);
      };
      if (soft !== raw) trace(raw, .3, 1);
      trace(soft, 1, 2);
      c.fillStyle = hue;
      soft.forEach((v, k) => { if (s.x.length < 40) dot(X(s.x[k]), Y(v), 2.5); });
    }
    c.restore();
    c.fillStyle = css(root, "--sw-mark"); c.setLineDash([]); c.textAlign = "center";
    store.samples.forEach(([, step], i) => c.fillText(i === pick() ? "▲" : "△", X(step), bottom - 3));
    if (cursor != null) {
      c.strokeStyle = ink; rule(X(cursor), top, X(cursor), bottom);
      for (const { s, raw, hue } of rows) { const k = nearest(s.x, cursor); c.fillStyle = hue; dot(X(s.x[k]), Y(raw[k]), 4); }
    }
    tell(rows);
  }
  function look(s) {
    const dash = all("name").indexOf(s.name) % 6;
    return { dash, hue: OKABE[runs()[1] ? runs().indexOf(s.run) % 6 : dash] };
  }
  function tell(rows) {
    const told = rows[0] ? rows.map(({ s, raw }) => {
      const k = cursor == null ? raw.length - 1 : nearest(s.x, cursor), best = raw.reduce((b, v, i) => v < raw[b] ? i : b, 0);
      return `${titleOf(s)} ${raw[k].toFixed(4)} ` + (cursor == null ? `(best ${raw[best].toFixed(4)} at step ${whole(s.x[best])})` : `at step ${whole(s.x[k])}`);
    }) : ["no steps"];
    heard = told.join(", ");
    values.replaceChildren(...told.map(one => el("span", {}, one)));
    canvas.ariaLabel = `Loss curves; left and right read them. ${heard}`;
    const key = store.series.map(titleOf).join("\n");
    if (legend.dataset.key !== key) {
      legend.dataset.key = key;
      refill(legend, ...store.series.map(s => {
        const { hue, dash } = look(s), box = tick(titleOf(s), true, soon);
        box.lastChild.before(el("canvas"));
        const c = sheet(box.children[1], 30, 12);
        c.strokeStyle = hue; c.lineWidth = 2.5; c.setLineDash(DASHES[dash]); c.moveTo(0, 6); c.lineTo(30, 6); c.stroke();
        return box;
      }));
    }
    state.textContent = store.head.told; notes.textContent = store.head.notes.join("\n");
    away(stop, !busy(), canvas); able(status() === "running", stop); stop.textContent = can(stop) ? "■ Stop" : "■ stopping…";
    away(nats, !facts().units[1], canvas); away(rungs, !facts().references.length, canvas);
    log.firstChild.checked = model.get("log_scale"); blur.value = model.get("smoothing");
    const n = pick(), [run, at, what] = store.samples[n] || [];
    away(talk, n < 0, canvas);
    if (n >= 0) which.textContent = `${runs()[1] ? run + ", " : ""}after step ${whole(at)} (${n + 1} of ${store.samples.length})`;
    said.textContent = what; able(n > 0, back); able(n < store.samples.length - 1, on);
  }
  const soon = frame(draw);
  const point = step => {
    cursor = step;
    shown = step == null ? -1 : nearest(store.samples.map(s => s[1]), step);
    soon();
  };
  canvas.onmousemove = e => { const x = (e.clientX - canvas.getBoundingClientRect().left - box.left) / box.over; point(x >= 0 && x <= 1 ? x * box.end : null); };
  canvas.onmouseleave = reset;
  const walk = by => () => {
    const [x = []] = box.rows.map(row => row.s.x).sort((a, b) => b.length - a.length), k = cursor == null ? x.length : nearest(x, cursor);
    point(x[Math.max(0, Math.min(x.length - 1, Math.round(k + by * Math.ceil(x.length / 200))))] ?? null);
    requestAnimationFrame(() => say(heard));
  };
  keys(canvas, { ArrowLeft: walk(-1), ArrowRight: walk(1), PageUp: walk(-10), PageDown: walk(10), Home: walk(-1e6), End: walk(1e6), Escape: reset });
  store.views.add(soon);
  const ends = [watch(root, soon), listen(model, "facts smoothing log_scale", soon), listen(model, "status", () => { soon(); if (!busy()) say(status()); })];
  return () => { store.views.delete(soon); for (const end of ends) end(); };
}
export default widget({ make: makeCurve, render: renderCurve });
