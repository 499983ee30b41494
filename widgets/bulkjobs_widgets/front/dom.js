// Helpers that all forms share. Text only ever becomes a text node: nothing here, or in any form, parses HTML.

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function put(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

// Sets text only where it changed, so that a live region is read out once.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function hide(element, hidden) {
  element.hidden = hidden;
}

const number = new Intl.NumberFormat("en-US");

function count(value, one, many = `${one}s`) {
  return `${number.format(value)} ${value === 1 ? one : many}`;
}

let made = 0;
const here = Math.random().toString(36).slice(2, 8);

function unique(name) {
  made += 1;
  return `bj-${here}-${made}-${name}`;
}

// Enter in a line of text submits its form, as everywhere else: inside a notebook of JupyterLab the browser itself
// does not do so.
function enter(event) {
  const { key, target, isComposing, defaultPrevented } = event;
  if (key !== "Enter" || isComposing || defaultPrevented || target.localName !== "input" || !target.form) return;
  if (["checkbox", "radio", "file", "button", "submit", "reset"].includes(target.type)) return;
  event.preventDefault();
  if (event.repeat) return; // it is held down
  const submit = target.form.querySelector("[type=submit]");
  if (submit && !submit.disabled) target.form.requestSubmit(submit);
}

// A form: `build(ui)` draws it. `ui.watch` ties a drawing function to traits, and runs it once at the beginning.
function form(name, build) {
  return {
    render({ model, el }) {
      const undo = [];
      const ui = {
        model,
        el,
        act: (action, more = {}, buffers = []) => model.send({ action, ...more }, undefined, buffers),
        set: (values) => {
          Object.entries(values).forEach(([key, value]) => model.set(key, value));
          model.save_changes();
        },
        watch: (traits, draw) => {
          for (const trait of traits) {
            model.on(`change:${trait}`, draw);
            undo.push(() => model.off(`change:${trait}`, draw));
          }
          draw();
        },
        hear: (heard) => {
          model.on("msg:custom", heard);
          undo.push(() => model.off("msg:custom", heard));
        },
        every: (milliseconds, tick) => {
          const timer = setInterval(tick, milliseconds);
          undo.push(() => clearInterval(timer));
        },
      };
      el.classList.add("bulkjobs", `bulkjobs-${name}`);
      el.setAttribute("data-lm-suppress-shortcuts", "true"); // Lab's own keys would take Enter from our buttons
      el.addEventListener("keydown", enter);
      undo.push(() => el.removeEventListener("keydown", enter));
      const heading = h("h3", { id: unique("title") });
      const body = h("section", { "aria-labelledby": heading.id });
      put(body, heading, offer(ui), build(ui), notice(ui));
      put(el, body);
      ui.hear((message) => {
        if (!message.focus) return;
        const target = el.querySelector(`[data-name="${CSS.escape(message.focus)}"]`);
        target?.focus({ preventScroll: true }); // a page that jumps puts another button under the pointer
        target?.scrollIntoView({ block: "nearest" });
      });
      ui.watch(["title"], () => say(heading, model.get("title")));
      ui.watch(["busy"], () => body.setAttribute("aria-busy", String(model.get("busy"))));
      return () => undo.forEach((step) => step());
    },
  };
}

function offer(ui) {
  const text = h("span");
  const button = h("button", { type: "button", onclick: () => ui.act("sandbox") }, "Use the sandbox");
  const box = h("div", { class: "bj-offer" }, text, " ", button);
  ui.watch(["offer", "busy"], () => {
    hide(box, !ui.model.get("offer"));
    say(text, ui.model.get("offer"));
    button.disabled = ui.model.get("busy");
  });
  return box;
}

// Both regions are there from the beginning: a screen reader hears what changes in them, not that they come.
function notice(ui) {
  const status = h("p", { class: "bj-status", role: "status" });
  const alert = h("div", { class: "bj-alert", role: "alert" });
  ui.watch(["notice"], () => {
    const { kind, text = "", next = "", charged = "" } = ui.model.get("notice");
    say(status, kind === "status" ? text : "");
    hide(alert, kind !== "alert");
    if (kind !== "alert") return put(alert);
    put(alert, h("p", {}, h("strong", {}, text), charged ? ` ${charged}` : ""));
    if (next) alert.append(h("p", {}, "Next: ", h("code", {}, next)));
  });
  return [status, alert];
}

// A labelled control with a line of help, and room for what is wrong with it.
function field(name, label, control, help = "") {
  const ids = { control: unique(name), help: unique("help"), error: unique("error") };
  const error = h("p", { class: "bj-wrong", id: ids.error });
  control.id = ids.control;
  control.dataset.name = name;
  control.setAttribute("aria-describedby", `${ids.error} ${ids.help}`);
  const box = h(
    "div",
    { class: "bj-field" },
    h("label", { for: ids.control }, label),
    control,
    error,
    help ? h("p", { class: "bj-help", id: ids.help }, help) : null,
  );
  const wrong = (text) => {
    say(error, text || "");
    hide(error, !text);
    control.setAttribute("aria-invalid", text ? "true" : "false");
  };
  wrong("");
  return { box, control, wrong };
}

function code(text) {
  return h("pre", { class: "bj-code" }, h("code", {}, text));
}

// A small table of text.
function grid(caption, columns, rows) {
  const head = h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))));
  return h("div", { class: "bj-scroll" }, h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body)));
}

// A question before something that costs much. The focus goes to the answer that costs nothing.
function question(ui, refusal) {
  const text = h("p", { id: unique("question") });
  const no = h("button", { type: "button" }, refusal);
  const yes = h("button", { type: "button", class: "bj-main", "data-name": "confirm" });
  const box = h("div", { class: "bj-confirm", role: "group", "aria-labelledby": text.id }, text, h("div", { class: "bj-row" }, no, yes));
  let [answer, back] = [null, null];
  const close = () => {
    answer = null;
    hide(box, true);
  };
  const open = (words, consent, then, from = document.activeElement) => {
    say(text, words);
    say(yes, consent);
    [answer, back] = [then, from];
    hide(box, false);
    no.focus();
  };
  no.addEventListener("click", () => {
    close();
    back?.focus();
  });
  yes.addEventListener("click", (event) => {
    if (event.detail > 1) return; // the second half of a double click was not meant for it
    const then = answer;
    close();
    back?.focus({ preventScroll: true });
    then?.();
  });
  close();
  return { box, open, close, get isOpen() { return !box.hidden; } };
}
