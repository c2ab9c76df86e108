// Ladder. A row for each rung, a mark for each figure; all of it is told in words under the picture and when read out.
function renderLadder(model, root) {
  root.setAttribute("aria-label", "The ladder");
  let log = true, mine = true, row = model.get("rungs").findLastIndex(r => r.mine != null); // the last that was climbed
  const list = el("div", { className: "ld-list", role: "listbox", tabIndex: 0, "aria-label": "Rungs, in bits per byte. Up and down read them." });
  const axis = el("div", { className: "ld-axis sw-number", ariaHidden: "true" }), facts = el("div", { className: "sw-number ld-facts" });
  const legend = el("div", { className: "sw-quiet ld-legend" }, el("i", { className: "ld-mark ld-course" }), "the course's own", el("i", { className: "ld-mark ld-mine" }), "yours", el("i", { className: "ld-dash" }), "floor: no model can do better");
  const again = press("⟲ Refresh", "Read the figures again", () => model.send("refresh"));
  root.append(el("div", { className: "sw-bar" },
    labelled("axis", choose([["logarithmic", "log"], ["linear", "linear"]], "log", v => { log = v === "log"; paint(); })),
    tick("yours", true, on => { mine = on; paint(); }), again, legend), el("div", { className: "ld-box" }, list, axis), facts);
  const say = speaker(root);
  const told = rung => {
    const floor = model.get("floor"), parts = [`${rung.label} (chapter ${rung.chapter})`];
    const at = v => `${v.toFixed(3)} bits per byte` + (v > 7.9 ? "" : `, ${(8 / v).toFixed(1)} times smaller than the text`) + (floor && v > floor ? `, ${(v - floor).toFixed(3)} above the floor` : "");
    if (rung.bits == null) parts.push("not built yet");
    else parts.push(at(rung.bits) + (rung.seeds?.length > 1 ? `; ${rung.seeds.length} seeds, at most ${rung.spread.toFixed(4)} apart from their mean` : "") + (rung.seconds ? `; ${Math.round(rung.seconds).toLocaleString("en")} s of training` : ""));
    if (rung.mine != null) parts.push("yours: " + at(rung.mine));
    return parts.join(" · ");
  };
  const mark = (n, aloud) => {
    const rungs = model.get("rungs");
    row = Math.max(0, Math.min(rungs.length - 1, n));
    [...list.children].forEach((node, i) => { node.classList.toggle("ld-on", i === row); node.ariaSelected = String(i === row); });
    list.setAttribute("aria-activedescendant", list.children[row].id);
    facts.textContent = told(rungs[row]);
    if (aloud) say(facts.textContent);
  };
  keys(list, { ArrowDown: () => mark(row + 1, true), ArrowUp: () => mark(row - 1, true), Home: () => mark(0, true), End: () => mark(99, true) });
  const id = "ld" + Math.random().toString(36).slice(2);
  function paint() {
    const rungs = model.get("rungs"), floor = model.get("floor");
    const values = [8, floor, ...rungs.flatMap(r => [r.bits, mine ? r.mine : null])].filter(v => v != null);
    const low = log ? Math.min(...values) * .85 : 0, high = Math.max(...values) * (log ? 1.6 : 1.12);
    const place = v => 100 * (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low)) + "%";
    const put = (node, v) => { node.style.left = place(v); node.classList.toggle("ld-end", parseFloat(place(v)) > 85); return node; };
    const line = () => floor ? [put(el("i", { className: "ld-floor" }), floor)] : [];
    list.replaceChildren(...rungs.map((rung, n) => {
      const track = el("span", { className: "ld-track" }, ...line());
      const point = (v, kind, words) => track.append(put(el("i", { className: "ld-mark " + kind }), v), put(el("span", { className: `ld-number sw-number ${kind}-n` }, words), v));
      if (rung.bits != null) point(rung.bits, "ld-course", rung.bits.toFixed(2));
      else if (rung.mine == null || !mine) track.append(el("em", { className: "ld-none" }, "not built yet"));
      if (mine && rung.mine != null) point(rung.mine, "ld-mine", "yours " + rung.mine.toFixed(2));
      const node = el("div", { className: "ld-row", role: "option", id: `${id}-${n}`, "aria-label": told(rung), onmouseenter: () => mark(n), onclick: () => { list.focus(); mark(n, true); } }, el("span", { className: "ld-label" }, rung.label), track);
      return node;
    }));
    const ticks = log ? [.25, .5, 1, 2, 4, 8, 16].filter(v => v > low && v < high) : [0, 2, 4, 6, 8];
    axis.replaceChildren(el("span", { className: "ld-label" }), el("span", { className: "ld-track" }, ...ticks.map(v => put(el("span", { className: "ld-tick" }, String(v)), v))),
      el("span", {}), el("span", { className: "ld-unit" }, `bits per byte; less is better${floor ? `; the floor is ${floor.toFixed(3)}` : ""}`));
    mark(row);
  }
  paint();
  const ends = [watch(root, () => {}), listen(model, "rungs floor", frame(() => { paint(); say("figures read again"); }))];
  return () => { for (const end of ends) end(); };
}
export default widget({ render: renderLadder });
