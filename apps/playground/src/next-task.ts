/** Lets the page draw and answer before what follows: long work, cut into tasks, is not felt. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
