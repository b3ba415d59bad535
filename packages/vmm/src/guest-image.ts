/** The embedded guest in base64. The build replaces this file's contents (tsup.config.ts). */
export const guestImageBase64: string = '';
