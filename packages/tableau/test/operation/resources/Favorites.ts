import { type Favorites, Ids } from "effect-tableau"
import { firstPage, paged, type SamplesOf, site } from "./sample.js"

export const samples: SamplesOf<typeof Favorites> = {
  list: {
    args: [Ids.UserId.make("u1")],
    request: `GET ${site}/favorites/u1?${firstPage}`,
    response: paged(
      2,
      `<favorites><favorite label="a" position="0" addedAt="2024-06-01T10:00:00Z"><workbook id="w"/></favorite>
       <favorite><metric id="m" name="M"/></favorite></favorites>`
    ),
    result: {
      totalAvailable: 2,
      items: [
        { label: "a", position: 0, addedAt: "2024-06-01T10:00:00.000Z", workbook: { id: "w" } },
        { metric: { id: "m", name: "M" } }
      ]
    },
    others: [["<favorites/>", { totalAvailable: 0, items: [] }]],
    files: { user_add_favorite: 3, favorites_add_datasource: 1, favorites_add_project: 1, favorites_add_workbook: 1 }
  }
}
