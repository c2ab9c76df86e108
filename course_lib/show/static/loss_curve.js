// LossCurve. Points come packed (u32 step, f32 value), with the place of the first, so that none is missed or repeated.
function makeCurve(model) {
  const store = { series: [], samples: [], head: {}, views: new Set() };
  const take = (head, data) => {
    let at = 0, missed = false;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
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
  const all = () => {
    const data = bytes(model.get("points"));
    if (data.length < 4) return;
    const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    store.series = []; store.samples = [];
    take(JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size))), data.subarray(4 + size));
  };
  all();
  model.on("change:points", all);
  model.on("msg:custom", (head, buffers) => { if (head.kind === "add") take(head, bytes(buffers[0])); });
  return store;
}

function ease(y, share) { // as smoothed() in loss_curve.py
  let mean = 0, weight = 0;
  return share <= 0 ? y : y.map(v => {
    if (!isFinite(v)) return v;
    mean = share * mean + (1 - share) * v; weight = share * weight + (1 - share);
    return mean / weight;
  });
}
function marks(low, high, count, log) {
  const wide = log && high / low > 4, power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = [1, 2, 5, 10].map(k => k * power).find(k => k * count >= high - low);
  return Array.from({ length: 60 }, (_, i) => wide ? [1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 10) : (Math.ceil(low / step) + i) * step).filter(v => v >= low && v <= high).map(v => +v.toPrecision(6));
}

function renderCurve(model, root, store) {
  const facts = () => model.get("facts"), status = () => model.get("status"), busy = () => /^(runn|stopp)ing$/.test(status());
  const set = (name, value) => { model.set(name, value); model.save_changes(); }, reset = () => point(null);
  const text = className => el("div", { className }), whole = n => n.toLocaleString("en");
  const hidden = new Set();
  let bits = true, levels = true, cursor = null, shown = -1, box = {};
  root.ariaLabel = "Loss curve";
  const canvas = el("canvas", { tabIndex: 0, role: "application" }), legend = text("sw-bar lc-keys"), values = text("sw-number lc-values");
  const state = text("sw-number sw-quiet"), notes = text("sw-quiet lc-notes");
  const stop = press("", "Stop training after this step", halt);
  stop.classList.add("lc-stop");
  const unit = choose([["bits per byte", "1"], ["nats per token", ""]], "1", v => { bits = v; soon(); }), units = labelled("in", unit);
  const rungs = tick("ladder", true, on => { levels = on; soon(); }), log = tick("log scale", false, on => set("log_scale", on));
  const blur = slide(0, .98, .02, 0, v => set("smoothing", v));
  const said = el("pre", { className: "lc-said" }), which = text("sw-number sw-quiet");
  const back = press("‹", "Sample before", () => turn(-1)), on = press("›", "Next sample", () => turn(1));
  const talk = el("div", { className: "lc-talk" }, el("div", { className: "sw-bar" }, "The model said", back, on, which), said);
  root.append(el("div", { className: "sw-bar" }, stop, units, log, rungs, labelled("smoothing", blur), state), legend, canvas, values, talk, notes);
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
      if (!answer?.ok) notes.textContent = "Press the notebook's own ■.";
    }, facts().grace);
  }
  const runs = () => [...new Set(store.series.map(s => s.run))], names = () => [...new Set(store.series.map(s => s.name))];
  const titleOf = s => runs()[1] ? `${s.run}: ${s.name}` : s.name;
  const nearest = (x, step) => {
    let a = 0, b = x.length - 1;
    while (b - a > 1) { const m = (a + b) >> 1; if (x[m] <= step) a = m; else b = m; }
    return Math.abs(x[a] - step) <= Math.abs(x[b] - step) ? a : b;
  };

  function draw() {
    const began = performance.now(), logs = model.get("log_scale"), nats = facts().unit[0] === "n", f = bits || !nats ? facts().factor || 1 : 1;
    const w = Math.max(300, Math.min(1100, root.clientWidth - 12)), ink = css(root, "--sw-quiet");
    let lines = facts().factor && levels ? facts().references.map(([name, v]) => [name, v / facts().factor * f]) : [];
    const left = 52, top = 8, up = 256, over = w - left - (lines.length ? 112 : 14), bottom = top + up;
    const end = Math.max(facts().total - 1, 1, ...store.series.map(s => s.x.at(-1) || 0));
    let low = Infinity, high = -Infinity;
    const rows = store.series.filter(s => !hidden.has(titleOf(s))).map(s => {
      const raw = s.y.map(v => v * f), good = raw.filter(v => isFinite(v) && (!logs || v > 0)).sort((a, b) => a - b);
      if (good.length) {
        const [first] = good, usual = good[good.length * .995 | 0]; // a spike does not flatten the rest
        low = Math.min(low, first); high = Math.max(high, Math.min(good.at(-1), 4 * usual - 3 * first));
      }
      return { s, raw, soft: ease(raw, model.get("smoothing")), ...look(s) };
    });
    if (low > high) [low, high] = [1, 2];
    lines = lines.filter(([name, v]) => name === "floor" || v > low * .8 && v < high * 1.1).sort((a, b) => a[1] - b[1]);
    for (const [, v] of lines) [low, high] = [Math.min(low, v), Math.max(high, v)];
    if (high - low < 1e-6) high = low + .01;
    const room = logs ? (high / low) ** .04 : (high - low) * .05;
    [low, high] = logs ? [low / room, high * room] : [low - room, high + room];
    const X = step => left + step / end * over, Y = v => bottom - up * (logs ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
    box = { left, over, end, rows };
    const c = sheet(canvas, w, 300), path = (...points) => { c.beginPath(); for (const [x, y] of points) c.lineTo(x, y); };
    const rule = (x0, y0, x1, y1) => { path([x0, y0], [x1, y1]); c.stroke(); }, dot = (x, y, r) => { c.beginPath(); c.arc(x, y, r, 0, 7); c.fill(); };
    c.font = "11px " + css(root, "font-family"); c.strokeStyle = css(root, "--sw-line"); c.fillStyle = ink; c.textAlign = "right"; c.textBaseline = "middle";
    for (const v of marks(low, high, 6, logs)) { rule(left, Y(v), left + over, Y(v)); c.fillText(v, left - 6, Y(v)); }
    c.textAlign = "center";
    for (const v of marks(0, end, Math.max(2, over / 80 | 0))) if (v % 1 === 0) c.fillText(whole(v), X(v), bottom + 13);
    c.fillText("step", left + over / 2, bottom + 29);
    c.save(); c.translate(9, top + up / 2); c.rotate(-Math.PI / 2); c.fillText(facts().factor ? unit.selectedOptions[0].text : facts().unit, 0, 0); c.restore();
    c.textAlign = "left"; c.strokeStyle = ink; c.setLineDash([2, 3]);
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
          for (const v of few.length > 2 ? [Math.max(...few), Math.min(...few)] : few) { c[pen](X(s.x[i]), Y(v)); pen = "lineTo"; }
        }
        c.stroke(); c.globalAlpha = 1; c.setLineDash([]);
      };
      if (soft !== raw) trace(raw, .3, 1);
      trace(soft, 1, 2);
      c.fillStyle = hue;
      soft.forEach((v, k) => { if (s.x.length < 40) dot(X(s.x[k]), Y(v), 2.5); });
    }
    c.restore();
    c.fillStyle = c.strokeStyle = css(root, "--sw-mark"); c.setLineDash([]);
    store.samples.forEach(([, step], i) => { const x = X(step); path([x, bottom - 8], [x + 4, bottom], [x - 4, bottom], [x, bottom - 8]); c[i === pick() ? "fill" : "stroke"](); });
    if (cursor != null) {
      c.strokeStyle = ink; rule(X(cursor), top, X(cursor), bottom);
      for (const { s, raw, hue } of rows) { const k = nearest(s.x, cursor); c.fillStyle = hue; dot(X(s.x[k]), Y(raw[k]), 4); }
    }
    tell(rows);
    root.dataset.ms = (performance.now() - began).toFixed(1);
  }
  function look(s) {
    const dash = names().indexOf(s.name) % 6;
    return { dash, hue: OKABE[runs()[1] ? runs().indexOf(s.run) % 6 : dash] };
  }
  function tell(rows) {
    values.textContent = rows.map(({ s, raw }) => {
      const k = cursor == null ? raw.length - 1 : nearest(s.x, cursor), best = raw.reduce((b, v, i) => v < raw[b] ? i : b, 0);
      return `${titleOf(s)} ${raw[k].toFixed(4)} ` + (cursor == null ? `(best ${raw[best].toFixed(4)} at step ${whole(s.x[best])})` : `at step ${whole(s.x[k])}`);
    }).join("  ·  ") || "no steps yet";
    canvas.ariaLabel = `Loss curves; left and right read them. ${values.textContent}`;
    const key = store.series.map(titleOf).join("\n");
    if (legend.dataset.key !== key) {
      legend.dataset.key = key;
      legend.replaceChildren(...store.series.map(s => {
        const { hue, dash } = look(s), name = titleOf(s), box = tick(name, !hidden.has(name), on => { hidden[on ? "delete" : "add"](name); soon(); });
        box.lastChild.before(el("canvas"));
        const c = sheet(box.children[1], 30, 12);
        c.strokeStyle = hue; c.lineWidth = 2.5; c.setLineDash(DASHES[dash]); c.moveTo(0, 6); c.lineTo(30, 6); c.stroke();
        return box;
      }));
    }
    const { step, rate, left, notes: words = [] } = store.head, total = facts().total, going = busy();
    state.textContent = [going ? "" : status(), step >= 0 && `${whole(step + 1)}${total ? " of " + whole(total) : ""} steps`,
      rate && `${rate.toFixed(rate < 10 ? 1 : 0)} steps/s`, going && left != null && `${Math.ceil(left)} s left`].filter(Boolean).join(" · ");
    stop.hidden = !going; stop.disabled = status() !== "running"; stop.textContent = stop.disabled ? "■ stopping…" : "■ Stop";
    units.hidden = !facts().factor || facts().unit[0] !== "n"; rungs.hidden = !facts().factor || !facts().references.length;
    log.firstChild.checked = model.get("log_scale"); blur.value = model.get("smoothing");
    const n = pick(), [run, at, what] = store.samples[n] || [];
    talk.hidden = n < 0;
    if (n >= 0) which.textContent = `${runs()[1] ? run + ", " : ""}after step ${whole(at)} (${n + 1} of ${store.samples.length})`;
    said.textContent = what; back.disabled = n < 1; on.disabled = n >= store.samples.length - 1;
    notes.textContent = words.join("\n");
  }
  const soon = frame(draw);
  const point = step => {
    cursor = step;
    shown = step == null ? -1 : store.samples.reduce((b, s, i) => b < 0 || Math.abs(s[1] - step) < Math.abs(store.samples[b][1] - step) ? i : b, -1);
    soon();
  };
  canvas.onmousemove = e => { const x = (e.clientX - canvas.getBoundingClientRect().left - box.left) / box.over; point(x >= 0 && x <= 1 ? x * box.end : null); };
  canvas.onmouseleave = reset;
  const walk = by => () => {
    const x = box.rows.reduce((most, { s }) => s.x.length > most.length ? s.x : most, []), k = cursor == null ? x.length : nearest(x, cursor);
    point(x[Math.max(0, Math.min(x.length - 1, Math.round(k + by * Math.ceil(x.length / 200))))] ?? null);
    requestAnimationFrame(() => say(values.textContent));
  };
  keys(canvas, { ArrowLeft: walk(-1), ArrowRight: walk(1), PageUp: walk(-10), PageDown: walk(10), Home: walk(-1e6), End: walk(1e6), Escape: reset });
  store.views.add(soon);
  const ends = [watch(root, soon), listen(model, "facts smoothing log_scale", soon), listen(model, "status", () => { soon(); if (!busy()) say(status()); })];
  return () => { store.views.delete(soon); for (const end of ends) end(); };
}
export default widget({ make: makeCurve, render: renderCurve });
