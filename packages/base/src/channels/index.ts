export { Channels, channel, channelProtocols, maxChannelMessage } from './channels.ts';
export { type SessionStatus, type TerminalSize, exitStatus, failureStatus, parseSize, parseStatus } from './status.ts';
