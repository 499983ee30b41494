const ASK = 3; // seconds between two questions to the kernel, while something runs
const SILENT = 4; // unanswered questions, after which it is said that nobody answers

function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function moment(at) {
  const date = new Date(at * 1000);
  return h("time", { datetime: date.toISOString() }, date.toLocaleTimeString([], { hour12: false }));
}

export default form("status", (ui) => {
  const get = (trait) => ui.model.get(trait);
  const state = h("span", { class: "bj-badge", role: "status" });
  const elapsed = h("span", { class: "bj-elapsed" });
  const poll = h("span", { class: "bj-poll" });
  const label = unique("bar");
  const records = h("span", { id: label });
  const bar = h("progress", { "aria-labelledby": label });
  const detail = h("span", { class: "bj-help" });
  const progress = h("div", { class: "bj-progress" }, h("div", { class: "bj-row" }, records, detail), bar);
  const about = h("p", { class: "bj-about" });
  const facts = h("dl", { class: "bj-facts" });
  const heading = unique("history");
  const list = h("ol", { "aria-labelledby": heading, class: "bj-history" });
  const history = h("div", {}, h("h4", { id: heading }, "History"), list);
  const lost = h("p", { class: "bj-lost", role: "status" });

  const stop = h("button", { type: "button", "data-name": "stop", onclick: () => ui.act("stop") });
  const resume = h("button", { type: "button", class: "bj-main", "data-name": "resume", onclick: () => press("resume_button") });
  const why = h("span", { id: unique("why"), class: "bj-help" });
  const retry = h("button", { type: "button", "data-name": "retry", "aria-describedby": why.id, onclick: () => press("retry_button") });
  const sure = question(ui, "Not yet");
  const press = (which) => {
    // The collection and the price that are drawn go along: the kernel refuses when they are others by now.
    const { label: words, credits } = get(which);
    const send = (confirmed) => ui.act("resume", { id: get("name"), credits, confirmed });
    if (credits > get("threshold")) sure.open(`This spends up to ${count(credits, "credit")}.`, `Yes: ${words.toLowerCase()}`, () => send(true));
    else send(false);
  };

  ui.watch(["state", "mood"], () => {
    state.className = `bj-badge bj-${{ good: "good", bad: "bad", open: "edited" }[get("mood")] ?? "plain"}`;
    say(state, get("state"));
  });
  ui.watch(["name", "asked"], () => {
    put(about, get("name") ? h("strong", {}, get("name")) : null, get("name") && get("asked") ? ": " : null, get("asked"));
    hide(about, !get("name") && !get("asked"));
  });
  ui.watch(["figures", "remarks"], () => {
    const some = get("figures");
    const known = some.requests !== undefined;
    const row = (name, text) => [h("dt", {}, name), h("dd", {}, text)];
    say(records, known ? `Records: ${number.format(some.records)} of ${number.format(some.expected)}` : "Records");
    put(
      facts,
      known ? row("Data requests", `${number.format(some.sent)} sent, ${number.format(some.ready)} ready, ${number.format(some.loaded)} loaded of ${number.format(some.requests)}`) : null,
      known ? row("Files", number.format(some.files)) : null,
      known ? row("Credits", number.format(some.credits)) : null,
      get("remarks").flatMap(([name, text]) => row(name[0].toUpperCase() + name.slice(1), text)),
    );
  });
  ui.watch(["bar", "running", "name"], () => {
    const { value, max } = get("bar");
    hide(progress, !get("running") && !get("name"));
    if (max === undefined) {
      bar.removeAttribute("value");
    } else {
      bar.max = max;
      bar.value = value;
    }
  });
  ui.watch(["detail"], () => say(detail, get("detail")));
  ui.watch(["history"], () => {
    hide(history, get("history").length === 0);
    put(list, get("history").map((line) => h("li", {}, moment(line.at), " ", line.text)));
  });
  ui.watch(["resume_button", "retry_button", "running", "name"], () => sure.close());
  ui.watch(["stop_button", "running"], () => {
    hide(stop, !get("running") || !get("stop_button"));
    say(stop, get("stop_button"));
  });
  ui.watch(["resume_button", "running"], () => {
    hide(resume, get("running") || !get("resume_button").label);
    say(resume, get("resume_button").label ?? "");
  });
  ui.watch(["retry_button", "running"], () => {
    const { label: words = "", enabled = false, why: reason = "" } = get("retry_button");
    hide(retry, get("running") || !words);
    hide(why, get("running") || !reason);
    say(retry, words);
    say(why, reason);
    retry.disabled = !enabled;
  });

  // The kernel may be on another machine, whose clock is not ours: it is asked, again and again while something runs,
  // and where it does not answer any longer, what stands here is old.
  let skew = 0;
  let asked = 0;
  let ticks = 0;
  const ask = () => {
    asked += 1;
    try {
      ui.act("time");
    } catch {
      asked = SILENT + 1; // the kernel that drew this is gone
    }
  };
  let begun = false;
  ui.watch(["now"], () => {
    if (!begun) return;
    skew = get("now") - Date.now() / 1000;
    asked = 0;
  });
  const tick = () => {
    const { since = 0, until = 0, next_poll: next = 0 } = get("times");
    const now = Date.now() / 1000 + skew;
    const silent = get("running") && asked > SILENT;
    ticks += 1;
    if (begun && get("running") && ticks % ASK === 0) ask();
    hide(elapsed, !since || silent);
    say(elapsed, until ? `took ${span(until - since)}` : `elapsed ${span(now - since)}`);
    hide(poll, !get("running") || !next || silent);
    say(poll, next > now ? `next poll in ${Math.ceil(next - now)} s` : "polling");
    say(lost, silent ? "The kernel does not answer: it is busy, or was started anew. What stands here may be old; run the cell again to see where it stands." : "");
    hide(lost, !silent);
  };
  ui.watch(["times", "running"], tick);
  begun = true;
  ask();
  ui.every(1000, tick);

  return [
    about,
    h("div", { class: "bj-row bj-line" }, state, elapsed, poll),
    lost,
    progress,
    facts,
    h("div", { class: "bj-row" }, stop, resume, retry, why),
    sure.box,
    history,
  ];
});
