export const sseRows = ``;
