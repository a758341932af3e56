/** Zip archives with uncompressed entries. */

/** Bytes that are generated while they are sent, so that a large file needs no memory. */
export interface Generated {
  readonly size: number
  readonly chunks: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

export interface Entry {
  readonly name: string
  readonly data: Uint8Array
  /** How many times the data is repeated. By default 1. */
  readonly times?: number
}

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** CRC-32, as in zip and PNG. */
export const crc32 = (data: Uint8Array, times = 1): number => {
  let crc = 0xffffffff
  for (let time = 0; time < times; time++) {
    for (const byte of data) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  }
  return (crc ^ 0xffffffff) >>> 0
}

const numbers = (...given: ReadonlyArray<readonly [value: number, bytes: 2 | 4]>): Buffer =>
  Buffer.concat(
    given.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes)
      buffer.writeUIntLE(value, 0, bytes)
      return buffer
    })
  )

/** The fields that both headers of an entry have. Names are UTF-8. The date is constant, so that archives are reproducible. */
const shared = (name: Buffer, crc: number, size: number) =>
  numbers([20, 2], [0x0800, 2], [0, 2], [0, 2], [0x21, 2], [crc, 4], [size, 4], [size, 4], [name.length, 2], [0, 2])

interface Archive extends Generated {
  readonly chunks: () => Iterable<Uint8Array>
}

export const zip = (entries: ReadonlyArray<Entry>): Archive => {
  let offset = 0
  const parts = entries.map(({ data, name, times = 1 }) => {
    const encoded = Buffer.from(name)
    const size = data.length * times
    const fields = shared(encoded, crc32(data, times), size)
    const local = Buffer.concat([numbers([0x04034b50, 4]), fields, encoded])
    const listed = Buffer.concat([
      numbers([0x02014b50, 4], [20, 2]),
      fields,
      numbers([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      encoded
    ])
    offset += local.length + size
    return { data, local, listed, times }
  })
  const list = Buffer.concat(parts.map(({ listed }) => listed))
  const count = entries.length
  const end = Buffer.concat([
    list,
    numbers([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [list.length, 4], [offset, 4], [0, 2])
  ])
  return {
    size: offset + end.length,
    chunks: function* () {
      for (const { data, local, times } of parts) {
        yield local
        for (let time = 0; time < times; time++) yield data
      }
      yield end
    }
  }
}
