export const x87Rows = ``;
