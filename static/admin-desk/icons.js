// Icons that the editor's own font lacks, as lines in a square of 24.
export const icon = (paths) =>
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 24 24" fill="none"' +
  ` stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="${paths}"/></svg>`;
