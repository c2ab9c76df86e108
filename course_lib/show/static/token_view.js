// TokenView. Python cuts the text; spans come packed (u32 id, u16 length, bytes), merges as (left, right, new).
const spell = data => {
  try { return visible(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data), 40); }
  catch { return [...data].map(b => "\\x" + b.toString(16).padStart(2, "0")).join(""); }
};
const hex = data => [...data].map(b => b.toString(16).padStart(2, "0")).join(" ");
const many = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

function renderTokens(model, root) {
  root.setAttribute("aria-label", "Tokens of a text");
  const area = el("textarea", { value: model.get("text"), rows: 3, spellcheck: false, className: "tv-area", "aria-label": "Text to cut into tokens" });
  const facts = el("div", { className: "sw-number tv-facts" }), list = el("div", {});
  root.append(area, facts, list);
  const say = speaker(root);
  const hint = "Point at a token, or walk along them with the arrow keys, to read its id and bytes.";
  facts.textContent = hint;
  let timer = 0, plays = [];
  area.oninput = () => { clearTimeout(timer); timer = setTimeout(() => { model.set("text", area.value); model.save_changes(); }, 120); };
  area.onkeydown = e => e.stopPropagation(); // Lab's own keys stay out of the text

  function strip(name, tokens) { // tokens: [{id, data, note, fresh}]; one stop of the Tab key, arrows walk inside
    const node = el("div", { className: "tv-strip", role: "listbox", tabIndex: 0, "aria-label": `Tokens: ${name}. Left and right read them.` });
    let at = -1;
    const tell = (i, aloud) => {
      const t = tokens[i], text = `token ${i + 1} of ${many(tokens.length, "token")}: ${spell(t.data)}, id ${t.id.toLocaleString("en")}, ${many(t.data.length, "byte")}: ${hex(t.data.subarray(0, 24))}${t.data.length > 24 ? " …" : ""}`;
      facts.textContent = text;
      if (aloud) say(text);
    };
    const mark = i => {
      node.children[at]?.classList.remove("tv-at");
      at = Math.max(0, Math.min(tokens.length - 1, i));
      node.children[at].classList.add("tv-at");
      node.children[at].scrollIntoView({ block: "nearest" });
      tell(at, true);
    };
    node.append(...tokens.map((t, i) => {
      const word = spell(t.data), one = el("span", { className: `tv-token tv-${i % 5}${t.fresh ? " tv-fresh" : ""}${t.next ? " tv-next" : ""}`, role: "option", title: `id ${t.id}, bytes ${hex(t.data.subarray(0, 24))}` },
        el("span", { className: "sw-token" }, word), el("span", { className: "tv-id" }, String(t.id)));
      one.onmouseenter = () => tell(i);
      one.onclick = () => { node.focus(); mark(i); };
      return one;
    }));
    node.onmouseleave = () => { facts.textContent = hint; };
    if (tokens.length) keys(node, { ArrowRight: () => mark(at + 1), ArrowLeft: () => mark(at - 1), Home: () => mark(0), End: () => mark(tokens.length - 1) });
    return node;
  }

  function player(row, merges, bytesOf) { // the merges one after the other; step n shows the text after n of them
    let n = merges.length, playing = 0, pieces = [], at = 0;
    const start = row.pieces.map(size => row.start.slice(at, at += size));
    const merged = (word, [a, b, to]) => {
      const out = [];
      for (let i = 0; i < word.length; i++) { if (word[i] === a && word[i + 1] === b) { out.push(to); i++; } else out.push(word[i]); }
      return out;
    };
    const holder = el("div", {}), label = el("span", { className: "sw-number tv-step" });
    const bar = slide(0, merges.length, 1, n, v => { stop(); go(v, true); });
    bar.ariaLabel = "Merge";
    const play = press("▶ Replay merges", "Replay the merges", () => { if (playing) return stop(); if (n === merges.length) go(0); tick(); });
    const back = press("‹", "One merge back", () => { stop(); go(n - 1, true); }), on = press("›", "One merge on", () => { stop(); go(n + 1, true); });
    const speed = slide(0, 10, 1, 5, () => {});
    const stop = () => { clearTimeout(playing); playing = 0; play.textContent = "▶ Replay merges"; play.title = play.ariaLabel = "Replay the merges"; };
    const tick = () => { play.textContent = "❚❚ Pause"; play.title = play.ariaLabel = "Pause"; playing = setTimeout(() => { go(n + 1); n < merges.length ? tick() : stop(); }, 1500 * .75 ** speed.value); };
    const words = ([a, b, to]) => `${spell(bytesOf(a))} + ${spell(bytesOf(b))} → ${spell(bytesOf(to))} (id ${to.toLocaleString("en")})`;
    function go(to, aloud) {
      n = Math.max(0, Math.min(merges.length, to));
      pieces = merges.slice(0, n).reduce((words, merge) => words.map(word => merged(word, merge)), start);
      const next = merges[n], last = merges[n - 1];
      const tokens = pieces.flatMap(word => word.map((id, i) => ({ id, data: bytesOf(id), fresh: last && n < merges.length && id === last[2],
        next: next && (id === next[0] && word[i + 1] === next[1] || id === next[1] && word[i - 1] === next[0]) })));
      refill(holder, strip(row.name, tokens));
      bar.value = n; bar.ariaValueText = label.textContent = `merge ${n} of ${merges.length}` + (last ? `: ${words(last)}` : ": single bytes") + (next && n ? `; next ${words(next)}` : next ? `; first ${words(next)}` : "");
      able(n > 0, back); able(n < merges.length, on);
      if (aloud) say(`${label.textContent}. ${many(tokens.length, "token")}`);
    }
    go(n);
    plays.push(stop);
    return [holder, el("div", { className: "sw-bar tv-tools" }, play, back, bar, on, labelled("speed", speed), label)];
  }

  function paint() {
    const tokens = bytes(model.get("tokens")), merges = bytes(model.get("merges"));
    const view = new DataView(tokens.buffer, tokens.byteOffset, tokens.byteLength), steps = new DataView(merges.buffer, merges.byteOffset, merges.byteLength);
    let at = 0, step = 0;
    for (const stop of plays) stop();
    plays = [];
    const most = Math.max(1, ...model.get("rows").map(row => row.count));
    refill(list, ...model.get("rows").map(row => {
      const spans = Array.from({ length: row.shown }, () => {
        const id = view.getUint32(at, true), size = view.getUint16(at + 4, true);
        at += 6 + size;
        return { id, data: tokens.subarray(at - size, at) };
      });
      const count = el("span", { className: "sw-number" }, row.error ? "" : `${many(row.count, "token")} · ${row.count ? (row.bytes / row.count).toFixed(2) : 0} bytes per token` + (row.vocabulary ? ` · vocabulary of ${row.vocabulary.toLocaleString("en")}` : "") + (row.lost ? " · a part of the text is lost" : ""));
      const meter = el("span", { className: "tv-meter" }, el("i", {}));
      meter.firstChild.style.width = 100 * row.count / most + "%";
      const box = el("section", { className: "tv-row", "aria-label": row.name }, el("div", { className: "sw-bar" }, el("strong", {}, row.name), meter, count));
      if (row.error) box.append(el("div", { className: "tv-error" }, row.error));
      else if (!row.count) box.append(el("div", { className: "sw-quiet" }, "No tokens: type a text above."));
      else if (row.merges) {
        const known = new Map(spans.map(t => [t.id, t.data])), list = [];
        let place = 0;
        const all = new TextEncoder().encode(model.get("text"));
        for (const id of row.start) { known.set(id, all.subarray(place, place + 1)); place++; }
        for (let i = 0; i < row.merges; i++, step += 12) {
          const merge = [0, 4, 8].map(o => steps.getUint32(step + o, true)), both = [known.get(merge[0]), known.get(merge[1])];
          known.set(merge[2], Uint8Array.from([...both[0], ...both[1]]));
          list.push(merge);
        }
        box.append(...player(row, list, id => known.get(id)));
      } else box.append(strip(row.name, spans));
      if (row.count > row.shown && !row.merges) box.append(el("div", { className: "sw-quiet" }, `${many(row.count - row.shown, "more token")} not shown`));
      return box;
    }));
    facts.textContent = hint;
  }
  paint();
  const soon = frame(() => { if (document.activeElement !== area && area.value !== model.get("text")) area.value = model.get("text"); paint(); say(model.get("rows").map(row => `${row.name}: ${row.error || many(row.count, "token")}`).join(". ")); });
  const ends = [watch(root, () => {}), listen(model, "rows", soon)];
  return () => { clearTimeout(timer); for (const stop of plays) stop(); for (const end of ends) end(); };
}
export default widget({ render: renderTokens });
