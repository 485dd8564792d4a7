// What is pasted or dropped into the editor, as what the site stores. Pictures that the clipboard holds are asked
// for in the dialog; those of other sites are left out, and a line says so.
import { Extension, Plugin, pm } from "django-prose-editor/editor";
import { Conversion, PLACE } from "admin-desk/paste-conversion";
import { loosened } from "admin-desk/paste-spaces";
import { askForAll } from "admin-desk/picture-dialog";
import { goBehind, tableAround } from "admin-desk/places";

const { Fragment, Slice } = pm.model;
const IN_A_CELL = "A table cannot stand in a cell: what its cells hold are paragraphs here.";

const isOfTable = (node) => Boolean(node.type.spec.tableRole);

const flat = (fragment) => {
  const nodes = [];
  fragment.forEach((node) => {
    if (isOfTable(node)) nodes.push(...flat(node.content));
    else nodes.push(node.isTextblock || node.isLeaf ? node : node.copy(Fragment.from(flat(node.content))));
  });
  return nodes;
};

// A slice as it fits into a cell: tables in it are the blocks of their cells. The same slice where it holds none.
const flattened = (slice) => {
  let holdsTable = false;
  slice.content.descendants((node) => {
    holdsTable ||= isOfTable(node);
    return !holdsTable;
  });
  return holdsTable ? Slice.maxOpen(Fragment.from(flat(slice.content))) : slice;
};

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
    let isFlattened = false;

    const say = () => editor.storage.desk?.say([...(found ? found.notes : []), ...(isFlattened ? [IN_A_CELL] : [])]);

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
      const pictures = found?.pictures || [];
      takePlaces(tr, pictures);
      view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
      askForAll(editor, pictures);
    };

    return [
      new Plugin({
        // Behind a table that was pasted, the cursor stands below it and not in its last cell.
        appendTransaction(transactions, before, state) {
          const isPasted = transactions.some((each) => each.docChanged && each.getMeta("uiEvent") === "paste");
          if (!isPasted || tableAround(before.selection.$from) !== null) return null;
          const table = tableAround(state.selection.$from);
          return table === null ? null : goBehind(state.tr, state.schema, table);
        },

        props: {
          transformPastedText(text) {
            found = null;
            isFlattened = false;
            return loosened(text);
          },

          transformPastedHTML(html) {
            found = null;
            isFlattened = false;
            // What comes from an editor of this kind names its own shape.
            if (/<[^>]+\sdata-pm-slice=/.test(html)) return html;
            found = new Conversion(html);
            return found.body.innerHTML;
          },

          transformPasted(slice, view) {
            // Cells that were copied in the editor are pasted over cells.
            const areCells = !found && slice.content.content.every(isOfTable);
            if (areCells || tableAround(view.state.selection.$from) === null) return slice;
            const fitting = flattened(slice);
            isFlattened = fitting !== slice;
            return fitting;
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
            const isInCell = position !== undefined && tableAround(view.state.doc.resolve(position)) !== null;
            const fitting = isInCell ? flattened(slice) : slice;
            isFlattened ||= fitting !== slice;
            say();
            const isOurs = position !== undefined && (fitting !== slice || Boolean(found?.pictures.length));
            if (isOurs) insert(view, fitting, position, position);
            found = null;
            return isOurs;
          },
        },
      }),
    ];
  },
});
