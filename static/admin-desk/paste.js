// What is pasted or dropped into the editor, as what the site stores. Pictures that the clipboard holds are asked
// for in the dialog; those of other sites are left out, and a line says so.
import { Extension, Plugin, pm } from "django-prose-editor/editor";
import { Conversion, loosened, PLACE } from "admin-desk/paste-conversion";
import { askForAll } from "admin-desk/picture-dialog";

// Takes the stand-ins for pictures out of a document that was just pasted into; gives each picture its position.
const takePlaces = (tr, pictures) => {
  const places = [];
  tr.doc.descendants((node, position) => {
    if (!node.isText) return;
    for (let at = node.text.indexOf(PLACE); at >= 0; at = node.text.indexOf(PLACE, at + 1)) places.push(position + at);
  });
  for (const [number, place] of [...places.entries()].reverse()) {
    const $at = tr.doc.resolve(place);
    const isAlone = $at.parent.content.size === 1 && $at.depth === 1 && tr.doc.childCount > 1;
    if (isAlone) tr.delete($at.before(), $at.after());
    else tr.delete(place, place + 1);
    if (pictures[number]) pictures[number].position = isAlone ? $at.before() : place;
    for (const later of pictures.slice(number + 1)) later.position -= isAlone ? $at.parent.nodeSize : 1;
  }
};

const isPicture = (file) => file.type.startsWith("image/");

export const Paste = Extension.create({
  name: "pasted",
  priority: 1100,

  onBeforeCreate() {
    // Pasted words stay as they are: "**" is no bold in them. Bare URLs become links.
    this.editor.options.enablePasteRules = ["link"];
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    let found = null;

    const say = () => editor.storage.desk?.say(found ? found.notes : []);

    // Text wins over a picture of it, as word processors and spreadsheets put one beside the other.
    const filesIn = (data) => {
      const files = [...(data?.files || [])].filter(isPicture);
      const words = found ? found.words : (data?.getData("text/html") ? "" : data?.getData("text/plain") || "").trim();
      return words || found?.pictures.length ? [] : files;
    };

    const insert = (view, slice, from, to) => {
      const { tr } = view.state;
      const node = slice.openStart === 0 && slice.openEnd === 0 && slice.content.childCount === 1;
      if (from !== undefined) tr.replaceRange(from, to, slice);
      else if (node) tr.replaceSelectionWith(slice.content.firstChild);
      else tr.replaceSelection(slice);
      const { pictures } = found;
      takePlaces(tr, pictures);
      view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
      askForAll(editor, pictures);
    };

    return [
      new Plugin({
        props: {
          transformPastedText(text) {
            found = null;
            return loosened(text);
          },

          transformPastedHTML(html) {
            found = null;
            // What comes from an editor of this kind names its own shape.
            if (/<[^>]+\sdata-pm-slice=/.test(html)) return html;
            found = new Conversion(html);
            return found.body.innerHTML;
          },

          handlePaste(view, event, slice) {
            const files = filesIn(event.clipboardData);
            const { selection } = view.state;
            if (selection instanceof pm.state.NodeSelection && selection.node.isBlock && (files.length || slice.size)) {
              editor.commands.goBehind(selection.from);
            }
            if (files.length) {
              askForAll(editor, files.map((file) => ({ file })));
              found = null;
              return true;
            }
            say();
            const hasPlaces = Boolean(found?.pictures.length);
            if (hasPlaces) insert(view, slice);
            found = null;
            return hasPlaces;
          },

          handleDrop(view, event, slice, moved) {
            if (moved || view.dragging) return false;
            const files = filesIn(event.dataTransfer);
            const position = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos;
            if (files.length) {
              askForAll(editor, files.map((file) => ({ file, position })));
              found = null;
              return true;
            }
            say();
            const hasPlaces = Boolean(found?.pictures.length) && position !== undefined;
            if (hasPlaces) insert(view, slice, position, position);
            found = null;
            return hasPlaces;
          },
        },
      }),
    ];
  },
});
