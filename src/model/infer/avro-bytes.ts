/** Bytes of Avro, value by value. What asks for more than there is, is an error and reads nothing. */
export class AvroBytes {
  private at = 0;

  constructor(private readonly content: Buffer) {}

  get left(): number {
    return this.content.length - this.at;
  }

  take(count: number): Buffer {
    if (!(count >= 0 && count <= this.left)) throw new Error('a value goes on behind the end');
    this.at += count;
    return this.content.subarray(this.at - count, this.at);
  }

  /** A whole number: seven bits a byte, the lowest first, its sign as the lowest bit. */
  long(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new Error('a number has no end');
  }

  /** Bytes with their length before them. */
  next(): Buffer {
    return this.take(Number(this.long()));
  }

  /** The items of a list or a map, which come in blocks. */
  blocks(item: () => void): void {
    for (let count = this.long(); count !== 0n; count = this.long()) {
      if (count < 0n) {
        count = -count;
        this.long();
      }
      // Items that take no byte could be without end.
      if (count > BigInt(this.left)) throw new Error('a list goes on behind the end');
      for (let index = 0n; index < count; index += 1n) item();
    }
  }
}
