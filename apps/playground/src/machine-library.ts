// What the page itself needs of @trapgate/vmm, loaded when the first machine is made. The machine runs in a worker: the
// decoder's tables and the engines, which take tens of milliseconds to set up, are not evaluated on the page's thread.
export { embeddedGuest, VirtualMachine } from '@trapgate/vmm';
