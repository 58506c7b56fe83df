let made = 0;

// "target of {strategy}" with its places filled in
const put = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function make(tag, attributes = {}, text = "") {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;  // text nodes only: a name is never markup
  return node;
}

// What a spreadsheet puts on the clipboard: tabs between cells, lines between rows.
function block(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  return lines.map(line => line.split("\t").map(
    cell => cell.trim().replace(/^"(.*)"$/, "$1").trim()));
}

class Table {
  constructor(model, el) {
    this.model = model;
    this.cells = new Map();  // "row column" -> what stands in one field
    this.rows = [];
    this.columns = [];
    this.words = {};
    this.filter = make("input", { type: "search", class: "nt-filter" });
    this.status = make("span", { role: "status", class: "nt-note" });
    this.undo = this.button("undo", () => this.send({ do: "undo" }));
    this.redo = this.button("redo", () => this.send({ do: "redo" }));
    this.copy = this.button("copy", () => this.copyTable());
    this.bar = make("div", { class: "nt-sheet-bar" });
    this.bar.append(this.filter, this.undo, this.redo, this.copy, this.status);
    this.box = make("div", { class: "nt-sheet" });
    this.filter.addEventListener("input", () => this.sift());
    el.dataset.lmSuppressShortcuts = "true";  // the notebook's own keys rest in here
    el.append(this.bar, this.box);
    el.addEventListener("keydown", event => this.onUndoKey(event));
    el.addEventListener("copy", event => this.onCopy(event));
    this.hear = message => this.onMessage(message);
    model.on("msg:custom", this.hear);
    this.send({ do: "all" });
  }

  end() { this.model.off("msg:custom", this.hear); }

  send(message) { this.model.send(message); }

  button(name, act) {
    const node = make("button", { type: "button", class: "jupyter-button nt-sheet-" + name });
    node.addEventListener("click", act);
    return node;
  }

  onMessage(message) {
    if (message.words) this.name(message.words);
    if (message.rows) this.layOut(message.rows, message.columns);
    for (const [row, column, text, error, note] of message.cells ?? [])
      this.fill(this.cells.get(`${row}\n${column}`), text, error, note);
    for (const [row, state] of message.states ?? []) {
      const line = this.lines.get(row);
      if (line) line.state.value = state;
    }
    if ("undo" in message) this.undo.disabled = !message.undo;
    if ("redo" in message) this.redo.disabled = !message.redo;
    if ("said" in message) this.status.textContent = message.said;
  }

  name(words) {
    this.words = words;
    for (const name of ["undo", "redo", "copy"]) {
      this[name].textContent = words[name];
      this[name].title = words[name + "_tip"];
    }
    this.filter.placeholder = words.filter;
    this.filter.setAttribute("aria-label", words.filter);
  }

  layOut(rows, columns) {
    const at = document.activeElement?.dataset?.ntCell;
    Object.assign(this, { rows, columns, cells: new Map(), lines: new Map() });
    this.bar.hidden = !rows.length;
    if (!rows.length) { this.box.replaceChildren(); return; }
    const table = make("table", {
      role: "grid", "aria-label": this.words.table,
      "aria-rowcount": rows.length + 1, "aria-colcount": columns.length + 3 });
    const head = make("tr", { role: "row" });
    const titles = [this.words.strategy, ...columns.map(c => `${c[0]} (${c[1]})`),
      this.words.state, this.words.remove];
    titles.forEach((title, i) => head.append(make("th",
      { role: "columnheader", scope: "col", "aria-colindex": i + 1 }, title)));
    const top = make("thead"), body = make("tbody");
    top.append(head);
    for (const row of rows) body.append(this.line(row));
    table.append(top, body);
    this.box.replaceChildren(table);
    this.sift();
    const first = this.cells.values().next().value;
    const again = this.cells.get(at);
    this.here(again ?? first);
    if (again) again.input.focus();
  }

  line(row) {
    const line = make("tr", { role: "row" });
    line.append(make("th", { role: "rowheader", scope: "row" }, row));
    for (const [symbol, unit] of this.columns) line.append(this.cell(row, symbol, unit));
    const state = make("select", { "aria-label": put(this.words.state_of, { name: row }) });
    for (const [value, text] of this.words.states)
      state.append(make("option", { value }, text));
    state.addEventListener("change",
      () => this.send({ do: "state", strategy: row, state: state.value }));
    const remove = make("button", { type: "button", class: "jupyter-button",
      title: put(this.words.remove_tip, { name: row }), "aria-label": `${this.words.remove} ${row}` },
      this.words.remove);
    remove.addEventListener("click", () => this.send({ do: "remove", strategy: row }));
    for (const part of [state, remove]) {
      part.tabIndex = -1;
      const place = make("td", { role: "gridcell" });
      place.append(part);
      line.append(place);
    }
    this.lines.set(row, { line, state, remove });
    return line;
  }

  cell(row, symbol, unit) {
    const id = `nt-sheet-${++made}`;
    const input = make("input", { type: "text", class: "nt-cell", autocomplete: "off",
      spellcheck: "false", placeholder: this.words.none, tabindex: "-1",
      "aria-label": put(this.words.target_of, { strategy: row, symbol, unit }) });
    const note = make("span", { class: "nt-note", id });
    const place = make("td", { role: "gridcell" });
    const cell = { row, symbol, input, note, place, id, shown: "", caret: false };
    input.dataset.ntCell = `${row}\n${symbol}`;
    input.addEventListener("focus", () => { this.here(cell); input.select(); });
    input.addEventListener("mousedown", event => {
      if (!event.shiftKey) { this.choose(null); return; }
      event.preventDefault();
      this.choose(cell);
    });
    input.addEventListener("input", () => { cell.typed = true; });
    input.addEventListener("dblclick", () => { cell.caret = true; });
    input.addEventListener("blur", () => { this.commit(cell); cell.caret = false; });
    input.addEventListener("keydown", event => this.onKey(event, cell));
    input.addEventListener("paste", event => this.onPaste(event, cell));
    place.append(input, note);
    this.cells.set(`${row}\n${symbol}`, cell);
    return place;
  }

  fill(cell, text, error, note) {
    if (!cell) return;
    const writing = document.activeElement === cell.input && cell.input.value !== cell.shown;
    cell.shown = text;
    if (!writing && cell.input.value !== text) cell.input.value = text;
    cell.note.textContent = error ? "⚠" : note;
    cell.place.classList.toggle("nt-field-bad", Boolean(error));
    cell.input.title = error;
    cell.input.setAttribute("aria-invalid", error ? "true" : "false");
    if (error || note) cell.input.setAttribute("aria-description", error || note);
    else cell.input.removeAttribute("aria-description");
  }

  // One row at a time can be reached with Tab; the arrows change the row.
  here(cell) {
    if (!cell || cell.row === this.row && this.at === cell) return;
    const reach = (row, index) => {
      for (const [symbol] of this.columns) {
        const one = this.cells.get(`${row}\n${symbol}`);
        if (one) one.input.tabIndex = index;
      }
      const line = this.lines.get(row);
      if (line) line.state.tabIndex = line.remove.tabIndex = index;
    };
    if (this.row !== cell.row) reach(this.row, -1);
    reach(cell.row, 0);
    this.row = cell.row;
    this.at = cell;
  }

  commit(cell) {
    if (cell.input.value === cell.shown) return;
    cell.shown = cell.input.value;
    this.send({ do: "enter", cells: [[cell.row, cell.symbol, cell.shown]] });
  }

  seen() {
    const rows = this.rows.filter(row => !this.lines.get(row).line.hidden);
    const columns = this.columns.map(c => c[0]).filter(
      symbol => !this.cells.get(`${rows[0]}\n${symbol}`)?.place.hidden);
    return { rows, columns };
  }

  beside(cell, down, right) {
    const { rows, columns } = this.seen();
    const clamp = (i, list) => list[Math.max(0, Math.min(list.length - 1, i))];
    const row = clamp(rows.indexOf(cell.row) + down, rows);
    const symbol = clamp(columns.indexOf(cell.symbol) + right, columns);
    return this.cells.get(`${row}\n${symbol}`);
  }

  // A block from the field with the focus to another corner; no corner, no block.
  choose(corner) {
    if (!corner && !this.corner) return;
    for (const cell of this.cells.values()) cell.place.removeAttribute("aria-selected");
    this.corner = corner;
    this.status.textContent = "";
    const chosen = this.chosen();
    if (!chosen) return;
    for (const line of chosen) for (const cell of line)
      cell.place.setAttribute("aria-selected", "true");
    corner.input.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.status.textContent = put(this.words.chosen,
      { rows: chosen.length, columns: chosen[0].length });
  }

  chosen() {
    if (!this.corner || this.corner === this.at) return null;
    const { rows, columns } = this.seen();
    const part = (list, a, b) => {
      const ends = [list.indexOf(a), list.indexOf(b)].sort((x, y) => x - y);
      return ends[0] < 0 ? [] : list.slice(ends[0], ends[1] + 1);
    };
    const down = part(rows, this.at.row, this.corner.row);
    const right = part(columns, this.at.symbol, this.corner.symbol);
    if (!down.length || !right.length) return null;
    return down.map(row => right.map(symbol => this.cells.get(`${row}\n${symbol}`)));
  }

  onCopy(event) {
    const chosen = this.cells.has(event.target?.dataset?.ntCell) && this.chosen();
    if (!chosen) return;  // one field: its own text
    const lines = chosen.map(line => line.map(cell => cell.input.value).join("\t"));
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
    this.status.textContent = this.words.copied;
  }

  move(cell, down, right) {
    const next = this.beside(cell, down, right);
    this.choose(null);
    if (next === cell) { this.commit(cell); cell.caret = false; cell.input.select(); }
    else if (next) next.input.focus();
  }

  onKey(event, cell) {
    const far = this.rows.length + this.columns.length;
    const whole = event.ctrlKey || event.metaKey;
    const free = !cell.caret && !event.shiftKey;
    const moves = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0],
      Enter: [event.shiftKey ? -1 : 1, 0],
      ...(free ? { ArrowLeft: [0, -1], ArrowRight: [0, 1],
        Home: [whole ? -far : 0, -far], End: [whole ? far : 0, far] } : {}),
    };
    const wider = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.shiftKey && !cell.caret && !event.altKey && wider[event.key])
      this.choose(this.beside(this.corner ?? cell, ...wider[event.key]));
    else if (event.key === "Escape") { this.choose(null); cell.input.value = cell.shown; cell.caret = false;
      cell.input.select(); }
    else if (event.key === "F2") {
      cell.caret = !cell.caret;
      const end = cell.input.value.length;
      cell.input.setSelectionRange(cell.caret ? end : 0, end);
    } else if (moves[event.key] && !event.isComposing && !event.altKey)
      this.move(cell, ...moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onUndoKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const field = this.cells.get(event.target?.dataset?.ntCell);
    const writing = field ? field.input.value !== field.shown : event.target === this.filter;
    if (writing || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    event.stopPropagation();
    this.send({ do: key === "y" || event.shiftKey ? "redo" : "undo" });
  }

  onPaste(event, cell) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;  // one value: the field's own
    event.preventDefault();
    const { rows, columns } = this.seen();
    const top = rows.indexOf(cell.row), left = columns.indexOf(cell.symbol);
    const cells = [];
    let outside = 0;
    block(text).forEach((line, i) => line.forEach((value, j) => {
      if (!value) return;  // an empty cell leaves its target as it is
      const row = rows[top + i], symbol = columns[left + j];
      if (row === undefined || symbol === undefined) outside += 1;
      else cells.push([row, symbol, value]);
    }));
    cell.input.value = cell.shown;
    this.send({ do: "paste", cells, outside });
  }

  async copyTable() {
    const { rows, columns } = this.seen();
    const lines = rows.map(row => [row,
      ...columns.map(symbol => this.cells.get(`${row}\n${symbol}`).input.value)]);
    const text = [["", ...columns], ...lines].map(line => line.join("\t")).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      this.status.textContent = this.words.copied;
    } catch { this.status.textContent = this.words.not_copied; }
  }

  // A word that names strategies keeps their rows; one that names symbols keeps columns.
  sift() {
    const terms = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = names => {
      const found = names.filter(name => terms.some(t => name.toLowerCase().includes(t)));
      return found.length ? new Set(found) : null;
    };
    const rows = kept(this.rows), columns = kept(this.columns.map(c => c[0]));
    const none = terms.length > 0 && !rows && !columns;
    for (const [row, { line }] of this.lines ?? [])
      line.hidden = none || Boolean(rows && !rows.has(row));
    const head = this.box.querySelector("thead tr");
    this.columns.forEach(([symbol], i) => {
      const hidden = Boolean(columns && !columns.has(symbol));
      head.children[i + 1].hidden = hidden;
      for (const row of this.rows) this.cells.get(`${row}\n${symbol}`).place.hidden = hidden;
    });
    this.status.textContent = none ? this.words.nothing_found : "";
  }
}

function render({ model, el }) {
  const table = new Table(model, el);
  return () => table.end();
}
export default { render };
