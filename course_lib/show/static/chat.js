// Chat. The page holds nothing but what was typed: messages, the reply so far and what the model saw come with the traits.
// The page of `course chat --web` shows the same, with a model of its own in place of the widget's.
const WHO = { user: "You", assistant: "Model", system: "System" };
function renderChat(model, root) {
  root.setAttribute("aria-label", "Conversation with a model");
  const get = name => model.get(name), busy = () => get("status") !== "ready";
  const log = el("div", { className: "ch-log", role: "log", tabIndex: 0, "aria-label": "What was said", "aria-live": "off" });
  const note = el("div", { className: "sw-quiet ch-note" });
  const area = el("textarea", { className: "ch-area", rows: 2, maxLength: 4000, placeholder: "Say something. Enter sends, Shift+Enter begins a line.", "aria-label": "Your message. Enter sends, Shift and Enter begin a new line, Escape stops the reply." });
  const send = press("Send", "Send the message", () => busy() ? stop() : say());
  const fresh = press("New conversation", "Forget what was said and begin anew", () => { model.send("new"); area.focus(); });
  const out = el("output", { className: "sw-number ch-out" }), words = v => v === 0 ? "0 (greedy)" : v.toFixed(2);
  const heat = slide(0, 2, .05, 0, v => { out.textContent = heat.ariaValueText = words(v); late(v); });
  const facts = el("div", { className: "sw-number sw-quiet ch-facts" }), tokens = el("div", { className: "ch-tokens", role: "list", tabIndex: 0, "aria-label": "The tokens that the model saw" });
  const saw = el("details", { className: "ch-saw" }, el("summary", {}, "What the model saw"), facts, tokens);
  root.append(log, note, el("div", { className: "ch-say" }, area, send), el("div", { className: "sw-bar ch-tools" }, labelled("temperature", el("span", { className: "ch-heat" }, heat, out)), fresh), saw);
  const speak = speaker(root);
  let moved = null, waiting = 0, typed = "", drawn = null, written = null, spoken = true, low = true;
  const move = frame(() => { model.set("temperature", moved); model.save_changes(); }), late = v => { moved = v; move(); };

  // The end stays in sight, unless somebody has scrolled up to read.
  const down = () => { if (low) log.scrollTop = log.scrollHeight; }, sized = new ResizeObserver(down);
  log.onscroll = () => { low = log.scrollHeight - log.scrollTop - log.clientHeight < 40; };
  sized.observe(log);

  function say() {
    if (!area.value.trim() || busy()) return;
    typed = area.value;
    area.value = "";
    low = true;
    model.send({ say: typed });
    speak("Sent");
    clearTimeout(waiting);
    waiting = setTimeout(() => { note.textContent = "The kernel is busy: the model answers when its cell is done."; }, 1500);
  }
  function stop() { if (get("status") === "writing") model.send("stop"); }
  keys(area, { Enter: event => event.shiftKey ? area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end") : event.isComposing || say(), Escape: stop });
  keys(log, { Escape: stop });

  const bubble = (role, text) => el("div", { className: "ch-one ch-" + role }, el("span", { className: "ch-who" }, WHO[role]), el("div", { className: "ch-text", dir: "auto" }, text));
  function paint() {
    const messages = get("messages");
    if (drawn !== messages) {
      log.replaceChildren(...messages.map(one => bubble(one.role, one.content)));
      if (!messages.length) log.append(el("div", { className: "sw-quiet ch-empty" }, "Nothing has been said yet."));
      drawn = messages;
      written = null;
    }
    if (busy()) {
      if (!written) log.append(written = bubble("assistant", ""));
      written.lastChild.textContent = get("reply");
      written.classList.add("ch-going");
      spoken = false;
    } else if (written) {
      written.remove();
      written = null;
    }
    down();
  }
  function state() {
    clearTimeout(waiting);
    send.textContent = busy() ? "■ Stop" : "Send";
    send.title = send.ariaLabel = busy() ? "Stop the reply" : "Send the message";
    able(get("status") !== "stopping", send);
    able(!busy() && get("messages").length > 0, fresh);
    note.textContent = get("note");
    log.ariaBusy = String(busy());
    if (!busy() && get("note") && typed && !area.value && get("messages").at(-1)?.content !== typed && get("messages").at(-2)?.content !== typed) area.value = typed; // it was refused
    if (!busy() && !spoken) { spoken = true; speak([get("messages").at(-1)?.content, get("note")].filter(Boolean).join(" ")); }
    else if (get("note")) speak(get("note"));
  }
  function unfold() {
    const s = get("saw"), there = s.ids && s.ids.length;
    facts.textContent = there ? `${s.prompt} tokens before the reply and ${s.ids.length - s.prompt} of it; the window holds ${s.window}. ` + (s.dropped ? `The oldest ${s.dropped} messages were out of view.` : "Nothing was left out.") : "Nothing yet.";
    const special = new Set(s.special);
    tokens.replaceChildren(...(there && saw.open ? s.ids : []).map((id, n) => el("span", { className: "ch-token" + (special.has(n) ? " ch-special" : "") + (n >= s.prompt ? " ch-reply" : ""), role: "listitem", title: `token ${id}` + (special.has(n) ? ", a special one, which no text becomes" : "") + (n >= s.prompt ? ", of the reply" : "") },
      el("span", { className: "sw-token" }, visible(s.tokens[n], 40)), el("span", { className: "ch-id" }, String(id)))));
    tokens.hidden = !there;
  }
  const warmth = () => { heat.value = get("temperature"); out.textContent = heat.ariaValueText = words(get("temperature")); };
  saw.ontoggle = unfold;
  const soon = frame(() => { paint(); state(); }), ends = [watch(root, down), listen(model, "reply", frame(paint)), listen(model, "messages status note", soon), listen(model, "saw", frame(unfold)), listen(model, "temperature", warmth)];
  paint();
  state();
  unfold();
  warmth();
  return () => { clearTimeout(waiting); sized.disconnect(); for (const end of ends) end(); };
}
export default widget({ render: renderChat });
