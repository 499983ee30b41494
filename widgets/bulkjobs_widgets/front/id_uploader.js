const MIB = 1024 * 1024;
const PIECE = MIB; // a Jupyter server drops messages above 10 MiB without a word

function source(name, label, control, help, action) {
  const made = field(name, label, control, help);
  const badge = h("span", { class: "bj-badge bj-good" }, "in use");
  made.box.querySelector("label").after(badge);
  made.box.querySelector(".bj-wrong").setAttribute("role", "alert");
  made.box.classList.add("bj-source");
  if (action) control.after(action);
  return { ...made, badge };
}

export default form("id-uploader", (ui) => {
  const get = (name) => ui.model.get(name);
  const mib = (bytes) => (bytes / MIB).toFixed(1);
  const most = `${Math.round(get("most") / MIB)} MiB`;
  const button = (text, onclick) => h("button", { type: "button", class: "bj-beside", onclick }, text);
  const sources = {
    file: source("file", "A file on your computer", h("input", { type: "file", accept: ".csv,.txt,text/csv,text/plain" }),
      `.csv or .txt, one id a line, at most ${most}: choose it, or drop it on this form. Split a larger one, or put it where Jupyter runs and give its path.`),
    paste: source("paste", "Pasted text", h("textarea", { rows: "3", spellcheck: "false", autocomplete: "off" }), "One id a line; what you paste is read at once.",
      button("Use this text", () => use("paste"))),
    path: source("path", "A path where Jupyter runs", h("input", { type: "text", spellcheck: "false", autocomplete: "off" }), "Such as data/ids.csv; of any size.",
      button("Read this file", () => use("path"))),
  };
  const [file, paste, path] = [sources.file.control, sources.paste.control, sources.path.control];
  let job = null; // what is being read: `sent` of `size` bytes are over there
  let edited = ""; // the source that was edited and not read since
  let submitting = false; // as soon as it is read

  // Whatever is read next, what was read before is not shown from this moment on.
  const begin = (from, name, more = {}) => {
    job = { upload: unique("upload"), from, name, sent: 0, size: 0, ...more };
    edited = "";
    Object.values(sources).forEach((one) => one.wrong(""));
    if (from !== "file") file.value = "";
    draw();
  };
  const upload = (from, name, blob) => {
    const refused = blob.size > get("most");
    begin(from, name, { blob, size: blob.size, refused });
    if (refused) sources[from].wrong(`${name} has ${mib(blob.size)} MiB, and at most ${most} go through the browser: nothing was sent.`);
    ui.act("begin", { upload: job.upload, source: from, name, size: blob.size });
  };
  const broken = (name, why) => {
    begin("file", name);
    ui.act("broken", { upload: job.upload, name, why });
  };
  const use = (from) => {
    if (from === "paste") return upload("paste", "the pasted text", new Blob([paste.value]));
    begin("path", path.value);
    ui.act("path", { upload: job.upload, path: path.value });
  };
  const choose = (files) => {
    if (files.length > 1) broken(`${files.length} files`, "many");
    else if (files.length) upload("file", files[0].name, files[0]);
  };
  const edit = (from) => {
    if (!edited || job) ui.act("clear");
    job = null;
    edited = from;
    submitting = false;
    file.value = "";
    draw();
  };

  file.addEventListener("click", () => { file.value = ""; }); // else the same file, corrected, can't be chosen again
  file.addEventListener("change", () => choose(file.files));
  paste.addEventListener("input", () => edit("paste"));
  paste.addEventListener("paste", () => setTimeout(() => use("paste")));
  paste.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) use("paste");
  });
  path.addEventListener("input", () => edit("path"));
  path.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    use("path");
  });

  // The next piece goes when the one before has arrived.
  ui.hear(async (message) => {
    const mine = job;
    if (!mine || message.upload !== mine.upload) return;
    if (message.done) {
      job = null;
      draw();
      if (submitting) ui.act("submit");
      submitting = false;
      return;
    }
    mine.sent = message.have;
    draw();
    let piece = new ArrayBuffer(0);
    try {
      piece = await mine.blob.slice(mine.sent, mine.sent + PIECE).arrayBuffer();
    } catch {
      // it was changed or deleted meanwhile, or it is a folder: said below
    }
    if (mine !== job) return;
    if (piece.byteLength) ui.act("chunk", { upload: mine.upload, at: mine.sent }, [piece]);
    else broken(mine.name, "unreadable");
  });

  const status = h("p", { role: "status", class: "bj-summary" });
  const sent = h("span", { id: unique("sent"), class: "bj-help" });
  const bar = h("progress", { "aria-labelledby": sent.id });
  const progress = h("div", { class: "bj-progress" }, bar, sent);
  const facts = h("dl", { class: "bj-facts" });
  const bad = h("div", { class: "bj-bad-lines" });
  const submit = h("button", { type: "submit", class: "bj-main" }, get("submit_label"));
  const unsent = h("span", { class: "bj-badge bj-edited" }, "edited since it was submitted");
  const shown = h("div", { class: "bj-shown" });
  const box = h(
    "form",
    {
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        if (edited) use(edited);
        if (job) submitting = true;
        else ui.act("submit");
      },
    },
    h("div", { class: "bj-sources" }, Object.values(sources).map((one) => one.box)),
    status,
    progress,
    facts,
    bad,
    h("div", { class: "bj-row" }, submit, unsent),
    h("details", {}, h("summary", {}, "Show the code"), shown),
  );

  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event, now) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.stopPropagation();
    box.classList.toggle("bj-over", now);
  };
  box.addEventListener("dragover", (event) => over(event, true));
  box.addEventListener("dragleave", (event) => over(event, false));
  box.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    over(event, false);
    const { files } = event.dataTransfer;
    if (files.length === 1) file.files = files;
    choose(files);
  });

  const draw = () => {
    const nothing = Boolean(job || edited);
    const errors = nothing ? {} : get("errors");
    for (const [name, one] of Object.entries(sources)) {
      hide(one.badge, nothing || get("source") !== name);
      if (!job?.refused) one.wrong(errors[name]);
    }
    const running = job && !job.refused;
    say(status, running ? `Reading ${job.name} ...` : edited ? "Edited, and not read yet." : nothing ? "" : get("summary"));
    hide(progress, !running);
    if (running) {
      const all = job.sent + PIECE >= job.size;
      if (all) bar.removeAttribute("value");
      else Object.assign(bar, { max: job.size, value: job.sent });
      say(sent, job.size ? `${mib(job.sent)} of ${mib(job.size)} MiB` : "");
    }
    put(facts, nothing ? null : get("facts").flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
    const lines = nothing ? [] : get("bad");
    const heading = h("p", { id: unique("bad") }, "Correct or delete these lines, and give the list again:");
    const rows = lines.map(([line, text]) => h("li", {}, `line ${number.format(line)}: `, h("code", {}, text)));
    const rest = get("bad_more") ? h("li", {}, `and ${number.format(get("bad_more"))} more`) : null;
    put(bad, lines.length ? [heading, h("ul", { "aria-labelledby": heading.id }, rows, rest)] : null);
    put(shown, nothing || !get("code") ? h("p", {}, "There are no ids yet.") : code(get("code")));
  };
  ui.watch(["source", "summary", "facts", "bad", "bad_more", "errors", "code"], draw);
  ui.watch(["edited"], () => hide(unsent, !get("edited")));
  if (get("source") === "path") path.value = get("name");
  return box;
});
