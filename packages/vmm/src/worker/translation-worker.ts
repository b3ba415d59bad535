/** The program of the thread that `translationThread` starts. */
import { answerModuleRequest, type ModuleRequest } from '@trapgate/binary-translator';
import { giveWayToOthers } from '../virtual-machine/node-host';
import { ownPort } from './own-port';

giveWayToOthers();
const port = ownPort();
port.listen((message) => port.post(answerModuleRequest(message as ModuleRequest), []));
