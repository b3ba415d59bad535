export const mmxRows = ``;
