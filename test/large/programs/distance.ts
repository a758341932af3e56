/** A server in front of another one that is `DELAY` milliseconds away: every byte takes half of it in each direction. */
import { connect, createServer, type Socket } from "node:net"
import { given, givenNumber } from "../../bench/programs/reporting.js"

const upstream = new URL(given("UPSTREAM"))
const oneWay = givenNumber("DELAY") / 2

/** More than that between the two ends is not read, in bytes. */
const underWay = 256 * 1024 * 1024

const carry = (from: Socket, to: Socket): void => {
  let bytes = 0
  from.on("data", (chunk) => {
    bytes += chunk.length
    if (bytes > underWay) from.pause()
    setTimeout(() => {
      bytes -= chunk.length
      if (bytes <= underWay) from.resume()
      to.write(chunk)
    }, oneWay)
  })
  from.on("end", () => setTimeout(() => to.end(), oneWay))
  from.on("error", () => to.destroy())
}

const server = createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ host: upstream.hostname, port: Number(upstream.port), allowHalfOpen: true, noDelay: true })
  near.setNoDelay(true)
  carry(near, far)
  carry(far, near)
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) {
    process.stdout.write(`listening on http://127.0.0.1:${address.port}\n`)
  }
})
