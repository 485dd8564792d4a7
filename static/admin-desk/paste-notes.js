// What was left out of a pasted text or changed in it, in sentences.

const many = (number, one, more) => (number === 1 ? one : more.replace("#", number));

export const notesOf = ({ foreign, captions, titles, layouts, links }) => {
  const notes = [];
  if (foreign) {
    const what = many(foreign, "1 picture was left out: it stands", "# pictures were left out: they stand");
    const how = many(foreign, "Save it to your device and insert it", "Save them to your device and insert them");
    notes.push(`${what} on another site or in a file. ${how} with the picture button.`);
  }
  if (captions) notes.push(many(captions, "Its caption went with it.", "# captions went with them."));
  if (titles) {
    const more = "The titles of # tables are paragraphs above them now.";
    notes.push(many(titles, "The title of a table is a paragraph above it now.", more));
  }
  if (layouts) {
    const one = "1 table only placed words on a page or stood in a cell: its cells are paragraphs now.";
    const more = "# tables only placed words on a page or stood in a cell: their cells are paragraphs now.";
    notes.push(many(layouts, one, more));
  }
  if (links) {
    const one = "1 link was left out: no reader could follow it. Its words are here.";
    const more = "# links were left out: no reader could follow them. Their words are here.";
    notes.push(many(links, one, more));
  }
  return notes;
};
