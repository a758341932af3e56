import { type FileUploads, Ids, Upload } from "effect-tableau"
import { multipart, type SamplesOf, site } from "./sample.js"

const session = Ids.UploadSessionId.make("1234:0A1B-0:0")

export const samples: SamplesOf<typeof FileUploads> = {
  initiate: {
    args: [],
    request: `POST ${site}/fileUploads`,
    response: {
      status: 201,
      body: '<tsResponse><fileUpload uploadSessionId="1234:0A1B-0:0" fileSize="0" maxFileChunkCount="1000"/></tsResponse>',
      headers: { "content-type": "application/xml" }
    },
    result: { uploadSessionId: session, fileSize: 0, maxFileChunkCount: 1000 }
  },
  append: {
    args: [session, Upload.bytes("file", new TextEncoder().encode("block"))],
    request: `PUT ${site}/fileUploads/1234%3A0A1B-0%3A0`,
    body: multipart("", { part: "tableau_file", name: "file", content: "block" }),
    response: '<fileUpload uploadSessionId="1234:0A1B-0:0" fileSize="1"/>',
    result: { uploadSessionId: session, fileSize: 1 }
  }
}
