/** The program of the worker that `VirtualMachine.createInWorker` starts. */
import { serveVirtualMachine } from './serve';

serveVirtualMachine();
