// Places in the editor's document: behind a block, and in a table.
import { pm } from "django-prose-editor/editor";

const { TextSelection } = pm.state;

// The end of the block that begins at a position; of a picture in a figure, the end of the figure.
export const endOf = (doc, position) => {
  const $at = doc.resolve(position);
  return $at.parent.type.name === "captioned" ? $at.after() : position + $at.nodeAfter.nodeSize;
};

// Sets the cursor behind a block: to the words there or, for a text of its own, into an empty paragraph, which is
// made where there is none.
export const goBehind = (tr, schema, position, text) => {
  const end = endOf(tr.doc, position);
  const next = tr.doc.resolve(end).nodeAfter;
  const isThere = next?.isTextblock && (text === undefined || !next.content.size);
  if (!isThere) tr.insert(end, schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.create(tr.doc, end + 1));
  if (text) tr.insertText(text);
  return tr.scrollIntoView();
};

// Where the table begins that a position is in, or null.
export const tableAround = ($at) => {
  for (let depth = $at.depth; depth > 0; depth -= 1) {
    if ($at.node(depth).type.name === "table") return $at.before(depth);
  }
  return null;
};

// Behind these, a keyboard finds no place to write on.
const WITHOUT_BEHIND = new Set(["table", "image", "captioned", "horizontalRule", "codeBlock"]);

// An empty paragraph at the end of a document whose last block leaves no place to write behind it, or null. It is not
// stored: the empty paragraphs at the end of a body are dropped.
export const withEnd = ({ doc, schema, tr }) =>
  WITHOUT_BEHIND.has(doc.lastChild?.type.name)
    ? tr.insert(doc.content.size, schema.nodes.paragraph.create()).setMeta("preventAutolink", true)
    : null;
