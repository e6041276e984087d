// The converter's code in CodeMirror.

import * as cm from "/studio/codemirror.js";

const HIGHLIGHT = cm.HighlightStyle.define([
  { tag: cm.tags.keyword, color: "var(--keyword)" },
  { tag: [cm.tags.string, cm.tags.regexp, cm.tags.special(cm.tags.string)], color: "var(--string)" },
  { tag: [cm.tags.number, cm.tags.bool, cm.tags.null], color: "var(--number)" },
  { tag: [cm.tags.function(cm.tags.variableName), cm.tags.function(cm.tags.propertyName)], color: "var(--name)" },
  { tag: cm.tags.comment, color: "var(--muted)", fontStyle: "italic" },
]);

const THEME = cm.EditorView.theme({
  "&": { backgroundColor: "var(--panel)", color: "var(--text)" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 40%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-text)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--line-strong)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
});

/** What `convert` gets beside the page, and what is there to help. */
const NAMES = {
  metadata: ["queryName", "queryParameters", "originalQueryParameters", "page", "url", "status", "headers", "run"],
  PocketQuery: ["formatDate"],
};
const GLOBALS = ["JSON.parse", "adfToText", "adfToMarkdown", "console.log", "structuredClone", "metadata", "PocketQuery"];

export class Code {
  /** `changed` hears of edits, `save` of Ctrl-S or Cmd-S. */
  constructor(place, { changed, save }) {
    this.keys = [];
    this.quiet = false;
    const update = cm.EditorView.updateListener.of(update => {
      // Who hears of an edit may change the text in turn, which CodeMirror allows after its update alone.
      if (update.docChanged && !this.quiet) queueMicrotask(changed);
    });
    this.editable = new cm.Compartment();
    this.locked = false;
    this.extensions = () => [
      cm.lineNumbers(), cm.lintGutter(), cm.foldGutter(), cm.history(), cm.drawSelection(), cm.indentOnInput(),
      cm.bracketMatching(), cm.closeBrackets(), cm.highlightActiveLine(), cm.highlightActiveLineGutter(),
      cm.highlightSelectionMatches(), cm.syntaxHighlighting(HIGHLIGHT), cm.javascript(), THEME,
      cm.autocompletion(), cm.javascriptLanguage.data.of({ autocomplete: context => this.complete(context) }),
      cm.keymap.of([
        { key: "Mod-s", preventDefault: true, run: () => { save(); return true; } },
        // Tab belongs to the page, for those who have only a keyboard: Ctrl-] and Ctrl-[ indent.
        ...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.defaultKeymap, ...cm.searchKeymap, ...cm.historyKeymap,
        ...cm.foldKeymap, ...cm.lintKeymap,
      ]),
      cm.EditorView.contentAttributes.of({ "aria-label": "Converter, JavaScript" }),
      this.editable.of(this.lockedAs()), update,
    ];
    this.view = new cm.EditorView({ parent: place, state: this.state("") });
  }

  state(doc) { return cm.EditorState.create({ doc, extensions: this.extensions() }); }

  lockedAs() { return this.locked ? [cm.EditorState.readOnly.of(true), cm.EditorView.editable.of(false)] : []; }

  text() { return this.view.state.doc.toString(); }

  /** The text of a file. Undo ends here: what was shown before is none of this file's. */
  open(text) {
    this.quiet = true;
    const { main } = this.view.state.selection;
    const hadFocus = this.view.hasFocus;
    this.view.setState(this.state(text));
    const at = Math.min(main.head, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor: at } });
    if (hadFocus) this.view.focus();
    this.quiet = false;
  }

  /** Other text in the place of all, as if somebody had typed it: undo leads back. */
  edit(text) {
    if (text === this.text()) return;
    this.quiet = true;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.quiet = false;
  }

  lock(locked) {
    this.locked = locked;
    this.view.dispatch({ effects: this.editable.reconfigure(this.lockedAs()) });
  }

  /** Marks the place of a failure; nothing takes the mark away. */
  mark(failed) {
    const { doc } = this.view.state;
    const diagnostics = [];
    if (failed?.line) {
      const line = doc.line(Math.min(failed.line, doc.lines));
      const from = Math.min(line.from + failed.column - 1, line.to);
      const word = doc.sliceString(from, line.to).match(/^[\w$]+|^./)?.[0].length ?? 0;
      diagnostics.push({ from, to: Math.min(from + word, line.to), severity: "error", message: failed.message });
    }
    this.view.dispatch(cm.setDiagnostics(this.view.state, diagnostics));
  }

  goTo(failed) {
    if (!failed?.line) return;
    const line = this.view.state.doc.line(Math.min(failed.line, this.view.state.doc.lines));
    const at = Math.min(line.from + failed.column - 1, line.to);
    this.view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    this.view.focus();
  }

  complete(context) {
    const member = context.matchBefore(/([\w$]+)\??\.([\w$]*)$/);
    if (member) {
      const owner = member.text.match(/^[\w$]+/)[0];
      const from = member.to - member.text.match(/[\w$]*$/)[0].length;
      const names = NAMES[owner] ?? this.keys;
      return { from, options: names.map(label => ({ label, type: "property" })), validFor: /^[\w$]*$/ };
    }
    const word = context.matchBefore(/[\w$]+$/);
    if (!word && !context.explicit) return null;
    return { from: word?.from ?? context.pos, options: GLOBALS.map(label => ({ label, type: "function" })), validFor: /^[\w$.]*$/ };
  }

  destroy() { this.view.destroy(); }
}
