const RATE = 16_000; // samples a second

/** A few bell-like notes, one after the other; each is a frequency in Hz. */
export function wav(frequencies: readonly number[], seconds = 0.6): Buffer {
  const length = Math.round(RATE * seconds);
  const samples = frequencies.flatMap((frequency) =>
    Array.from({ length }, (_, index) => {
      const fading = 1 - index / length;
      const angle = (2 * Math.PI * frequency * index) / RATE;
      return (Math.sin(angle) + Math.sin(2 * angle) / 4) * fading ** 3;
    }),
  );
  const data = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) =>
    data.writeInt16LE(Math.round(sample * 20_000), index * 2),
  );
  return Buffer.concat([header(data.length), data]);
}

function header(size: number): Buffer {
  const bytes = Buffer.alloc(44);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(size + 36, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16); // of this part
  bytes.writeUInt16LE(1, 20); // not compressed
  bytes.writeUInt16LE(1, 22); // one channel
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE * 2, 28); // bytes a second
  bytes.writeUInt16LE(2, 32); // bytes a sample
  bytes.writeUInt16LE(16, 34); // bits a sample
  bytes.write('data', 36);
  bytes.writeUInt32LE(size, 40);
  return bytes;
}
