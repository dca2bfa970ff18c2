import { UserError } from '@ebb/base';

/** Machine code that waits for a signal, for ever, by the machine's number in an ELF header. */
interface Machine {
  readonly elfMachine: number;
  readonly code: Buffer;
}

/** `loop: mov eax, 34 (pause); syscall; jmp loop` */
const amd64: Machine = { elfMachine: 62, code: Buffer.from('b8220000000f05ebf7', 'hex') };

/** `loop: x0…x3 = 0; x8 = 73 (ppoll); svc 0; b loop`, each word little-endian. */
const arm64: Machine = {
  elfMachine: 183,
  code: words([0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa]),
};

const machines: ReadonlyMap<string, Machine> = new Map([
  ['amd64', amd64],
  ['x86_64', amd64],
  ['arm64', arm64],
  ['aarch64', arm64],
]);

/**
 * An image as a tar archive: one static program that does nothing, to hold the namespaces of a group while its containers
 * come and go. Throws `UserError` for a machine it has no code for.
 */
export function pauseArchive(architecture: string): Buffer {
  const machine = machines.get(architecture);
  if (!machine)
    throw new UserError(`containers cannot be run on ${architecture || 'this machine'}: only on amd64 and arm64`);
  const program = elf(machine);
  const padding = Buffer.alloc((tarBlock - (program.length % tarBlock)) % tarBlock);
  return Buffer.concat([tarHeader('pause', program.length), program, padding, Buffer.alloc(2 * tarBlock)]);
}

const headerBytes = 64;
const programHeaderBytes = 56;
const baseAddress = 0x400000;

/** A static ELF executable of one segment, loaded whole. */
function elf({ elfMachine, code }: Machine): Buffer {
  const head = Buffer.alloc(headerBytes + programHeaderBytes);
  head.write('\x7fELF', 'latin1');
  head.set([2, 1, 1], 4); // 64 bits, little-endian, version 1
  head.writeUInt16LE(2, 16); // executable
  head.writeUInt16LE(elfMachine, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(baseAddress + head.length), 24); // entry
  head.writeBigUInt64LE(BigInt(headerBytes), 32); // program header's place
  head.writeUInt16LE(headerBytes, 52);
  head.writeUInt16LE(programHeaderBytes, 54);
  head.writeUInt16LE(1, 56); // one program header
  const at = headerBytes;
  const size = BigInt(head.length + code.length);
  head.writeUInt32LE(1, at); // to be loaded
  head.writeUInt32LE(5, at + 4); // read and execute
  head.writeBigUInt64LE(BigInt(baseAddress), at + 16);
  head.writeBigUInt64LE(BigInt(baseAddress), at + 24);
  head.writeBigUInt64LE(size, at + 32);
  head.writeBigUInt64LE(size, at + 40);
  head.writeBigUInt64LE(0x1000n, at + 48);
  return Buffer.concat([head, code]);
}

const tarBlock = 512;

/** One header of the ustar format, of a file anybody may execute. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(tarBlock);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  // The sum is taken with spaces in its own place.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function words(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value, index * 4);
  return buffer;
}
