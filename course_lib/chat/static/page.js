// The page of `course chat --web`: the notebook's Chat, and in place of its kernel the server beside this page.
import chat from "./chat.js";

const LETTERS = 40000; // of the messages that are sent: the model sees far fewer
const place = document.querySelector("main"), config = JSON.parse(place.dataset.config);
const token = new URLSearchParams(location.search).get("token"), key = "talk " + token;
const ENDS = { length: "The reply was cut: it was as long as it may be, or the model's window was full." };
const traits = { messages: config.messages, temperature: config.temperature, reply: "", status: "ready", note: "", saw: {}, ...kept() };
const heard = new Map();
const model = {
  get: name => traits[name],
  set(name, value) { traits[name] = value; for (const fn of heard.get("change:" + name) || []) fn(); },
  save_changes: keep,
  on(event, fn) { heard.set(event, [...(heard.get(event) || []), fn]); },
  off(event, fn) { heard.set(event, (heard.get(event) || []).filter(one => one !== fn)); },
  send(content) { content === "stop" ? stop() : content === "new" ? begin() : say(content.say); },
};
const change = values => { for (const [name, value] of Object.entries(values)) model.set(name, value); keep(); };

// A tab keeps its conversation when it is loaded again, and no longer than the server's token is good.
function kept() { try { return JSON.parse(sessionStorage.getItem(key)) || {}; } catch { return {}; } }
function keep() {
  const { messages, temperature, saw } = traits;
  if (traits.status === "ready") try { sessionStorage.setItem(key, JSON.stringify({ messages, temperature, saw })); } catch { /* full, or forbidden */ }
}

let id = "", cut = null;
const ask = (path, body) => fetch(path, { method: "POST", signal: cut.signal, headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" }, body: JSON.stringify(body) });
const begin = () => { if (traits.status === "ready") change({ messages: config.messages, saw: {}, note: "" }); };
function stop() {
  change({ status: "stopping" });
  ask(`v1/chat/completions/${id}/cancel`, {}).then(answer => answer.ok || cut.abort(), () => cut.abort());
}

function recent(messages) { // the newest turns, as many as may be sent, and how many were left out
  const first = messages[0].role === "system" ? 1 : 0;
  let from = messages.length - 1, letters = messages[from].content.length;
  while (from - 2 >= first && (letters += messages[from - 1].content.length + messages[from - 2].content.length) < LETTERS) from -= 2;
  return [[...messages.slice(0, first), ...messages.slice(from)], from - first];
}

async function say(text) {
  const before = traits.messages, messages = [...before, { role: "user", content: text }], [sent, left] = recent(messages);
  let reply = "", saw = {}, finish = null;
  cut = new AbortController();
  id = "";
  change({ messages, reply, status: "writing", note: "" });
  const end = (note, turns) => change({ status: "ready", reply: "", note, messages: turns, saw });
  try {
    const asked = { model: config.model, messages: sent, temperature: traits.temperature, max_tokens: config.max_tokens, seed: config.seed, stream: true, saw: true };
    for await (const event of events(await ask("v1/chat/completions", asked))) {
      if (event.error) throw new Error(event.error.message);
      const [choice] = event.choices;
      id = event.id;
      reply += choice.delta.content || "";
      finish = choice.finish_reason || finish;
      if (event.saw) saw = { ...event.saw, dropped: event.saw.dropped + left };
      model.set("reply", reply);
    }
    end(traits.status === "stopping" ? "Stopped." : ENDS[finish] || "", [...messages, { role: "assistant", content: reply }]);
  } catch (error) {
    if (cut.signal.aborted) end("Stopped.", [...messages, { role: "assistant", content: reply }]);
    else end(error instanceof TypeError ? "The server does not answer: is `course chat --web` still running?" : error.message, before);
  }
}

async function* events(answer) { // of a stream of server-sent events, until [DONE]
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new TypeError("cut off");
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      if (part === "data: [DONE]") return;
      yield JSON.parse(part.slice(6));
    }
  }
}

place.replaceChildren();
chat().render({ model, el: place });
place.querySelector("textarea").focus();
