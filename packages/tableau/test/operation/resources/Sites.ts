import type { Sites } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

export const samples: SamplesOf<typeof Sites> = {
  list: {
    args: [],
    request: `GET /api/3.29/sites?${firstPage}`,
    response: paged(
      1,
      '<sites><site id="1" contentUrl="" storageQuota="" guestAccessEnabled="True" tomorrow="1"/></sites>'
    ),
    result: one({ id: "1", contentUrl: "", guestAccessEnabled: true })
  },
  get: {
    args: [],
    request: `GET ${site}`,
    response: `<site id="1" name="A" userQuota="-1" revisionLimit="25" state="Resting"><usage numUsers="3" storage="7"/>
      <siteSettings key="a" value="1"/><news/><siteSettings key="b" value=""/></site>`,
    result: {
      id: "1",
      name: "A",
      userQuota: -1,
      revisionLimit: 25,
      state: "Resting",
      usage: { numUsers: 3, storage: 7 },
      siteSettings: [
        { key: "a", value: "1" },
        { key: "b", value: "" }
      ]
    },
    files: { site_create: 1, site_get_by_id: 1 }
  },
  getByName: {
    args: ["Sales & more"],
    request: "GET /api/3.29/sites/Sales%20%26%20more?key=name",
    response: '<site id="1"/>',
    result: { id: "1" },
    files: { site_get_by_name: 1 }
  },
  getByContentUrl: {
    args: ["Sales"],
    request: "GET /api/3.29/sites/Sales?key=contentUrl",
    response: '<site id="1"/>',
    result: { id: "1" },
    files: { site_update: 1 }
  }
}
