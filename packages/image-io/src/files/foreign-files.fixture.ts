/** Small files written by libtiff (through Pillow), libpng (through Pillow) and tifffile: readers are held to what others write. */
const ramp = (x: number, y: number): number => x * 30 + y * 7;
const pixels = (width: number, height: number, value: (x: number, y: number) => number[]): number[] =>
  Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))).flat();

export interface ForeignFile {
  name: string;
  base64: string;
  width: number;
  height: number;
  channels: number;
  values: number[];
}

const palette = [
  [255, 0, 0, 0],
  [0, 255, 0, 128],
  [0, 0, 255, 255],
  [9, 8, 7, 255],
];

export const foreignFiles: ForeignFile[] = [
  {
    name: 'LZW, RGB, horizontal differences',
    base64:
      'SUkqAEQAAACAAB/gAPOKCQaCweFQkDviDgmCxBxRKKREHPGDhKCxpxRyPRsKuqDhuCyRxSaUSUOOODiSCy5xTCZS+AgLAAABAwABAAAABwAAAAEBAwABAAAABQAAAAIBAwADAAAAzgAAAAMBAwABAAAABQAAAAYBAwABAAAAAgAAABEBBAABAAAACAAAABUBAwABAAAAAwAAABYBAwABAAAABQAAABcBBAABAAAAPAAAABwBAwABAAAAAQAAAD0BAwABAAAAAgAAAAAAAAAIAAgACAA=',
    width: 7,
    height: 5,
    channels: 3,
    values: pixels(7, 5, (x, y) => [ramp(x, y), 255 - ramp(x, y), x * y * 9]),
  },
  {
    name: 'PackBits, 1 bit',
    base64:
      'SUkqABIAAAAADgAOAB4AHgAeCQAAAQMAAQAAAAcAAAABAQMAAQAAAAUAAAACAQMAAQAAAAEAAAADAQMAAQAAAAWAAAAGAQMAAQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAAAUAAAAXAQQAAQAAAAoAAAAcAQMAAQAAAAEAAAAAAAAA',
    width: 7,
    height: 5,
    channels: 1,
    values: pixels(7, 5, (x, y) => [ramp(x, y) > 100 ? 255 : 0]),
  },
  {
    name: 'deflate, 16 bit',
    base64:
      'SUkqAFoAAAB4nAFGALn/AAAeHjw8Wlp4eJaWtLQHByUlQ0NhYX9/nZ27uw4OLCxKSmhohoakpMLCFRUzM1FRb2+NjauryckcHDo6WFh2dpSUsrLQ0HrDHHEACQAAAQMAAQAAAAcAAAABAQMAAQAAAAUAAAACAQMAAQAAABAAAAADAQMAAQAAAAgAAAAGAQMAAQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAAAUAAAAXAQQAAQAAAFEAAAAcAQMAAQAAAAEAAAAAAAAA',
    width: 7,
    height: 5,
    channels: 1,
    values: pixels(7, 5, (x, y) => [ramp(x, y) * 257]),
  },
  {
    name: 'BigTIFF, big-endian, tiles, planes apart, deflate with differences',
    base64:
      'TU0AKwAIAAAAAAAAAAAAEAAAAAAAAAAPAQAABAAAAAAAAAABAAAAFAAAAAABAQAEAAAAAAAAAAEAAAAUAAAAAAECAAMAAAAAAAAAAwAIAAgACAAAAQMAAwAAAAAAAAABAAgAAAAAAAABBgADAAAAAAAAAAEAAgAAAAAAAAEVAAMAAAAAAAAAAQADAAAAAAAAARoABQAAAAAAAAABAAAAAQAAAAEBGwAFAAAAAAAAAAEAAAABAAAAAQEcAAMAAAAAAAAAAQACAAAAAAAAASgAAwAAAAAAAAABAAEAAAAAAAABPQADAAAAAAAAAAEAAgAAAAAAAAFCAAQAAAAAAAAAAQAAABAAAAAAAUMABAAAAAAAAAABAAAAEAAAAAABRAAQAAAAAAAAAAwAAAAAAAABTAFFAAMAAAAAAAAADAAAAAAAAAGsAAAAAAAAAAAAAAAAAAAB0AAAAAAAAAIKAAAAAAAAAmgAAAAAAAACfwAAAAAAAAKhAAAAAAAAAtsAAAAAAAADOQAAAAAAAANQAAAAAAAAA3IAAAAAAAADrAAAAAAAAAQKAAAAAAAABCEAOgBeABcAIgA6AF4AFwAiADoAXgAXACIAAAAAAAAAAAAAAAB4nGNgRAUiaHwNNL4NGj8AjZ+Cxq9A4/eg8Reg8beg8U+g8e+g8T8gmGwgghNNXhaNb4jGBwBuFgdleJxNxyECQ2AAQOH9YX2L61tc36LOHbgDd+AO3IEu0kW6SBe95n3te4QQ9tvlzRf9x0c95p2e8kbPeaWXvNBrnuktT/SB//WZf/SNP/U7P/QXX/Uvn/SI9/oJW6gQAXicc2VEBZFo/Fw0fiMan2GIAwCWLwHJeJwLZWRkXMGAAJlA/hQkfi2Q34DEnwjk5zAMHwAAmHUEAXicY2BEBSJofA00vg0aPwCNn4LGr0Dj96DxF6Dxt6DxT6Dx76DxPyCYbCCCE01eFo1viMYHAG4WB2V4nE3HIQJDYABA4f1hfYvrW1zfos4duAN34A7cgS7SRbpIF73mfe17hBD22+XNF/3HRz3mnZ7yRs95pZe80Gue6S1P9IH/9Zl/9I0/9Ts/9Bdf9S+f9Ij3+glbqBABeJxzZUQFkWj8XDR+IxqfYYgDAJYvAcl4nAtlZGRcwYAAmUD+FCR+LZDfgMSfCOTnMAwfAACYdQQBeJxjYEQFImh8DTS+DRo/AI2fgsavQOP3oPEXoPG3oPFPoPHvoPE/IJhsIIITTV4WjW+IxgcAbhYHZXicTcchAkNgAEDh/WF9i+tbXN+izh24A3fgDtyBLtJFukgXveZ97XuEEPbb5c0X/cdHPeadnvJGz3mll7zQa57pLU/0gf/1mX/0jT/1Oz/0F1/1L5/0iPf6CVuoEAF4nHNlRAWRaPxcNH4jGp9hiAMAli8ByXicC2VkZFzBgACZQP4UJH4tkN+AxJ8I5OcwDB8AAJh1BAE=',
    width: 20,
    height: 20,
    channels: 3,
    values: pixels(20, 20, (x, y) => Array(3).fill((y * 20 + x) % 251)),
  },
  {
    name: 'float32, deflate with the floating point predictor',
    base64:
      'SUkqAAgAAAAOAAABBAABAAAABAAAAAEBBAABAAAAAwAAAAIBAwABAAAAIAAAAAMBAwABAAAACAAAAAYBAwABAAAAAQAAABEBBAABAAAA0AAAABUBAwABAAAAAQAAABYBBAABAAAAAwAAABcBBAABAAAAJgAAABoBBQABAAAAtgAAABsBBQABAAAAvgAAACgBAwABAAAAAQAAAD0BAwABAAAAAwAAAFMBAwABAAAAAwAAAAAAAAABAAAAAQAAAAEAAAABAAAAAAAAAAAAAAAAAHic28/A8P/QgQMNDQxQYMfIcLChweEAlGsPxI4KQADlAwA1sgkB',
    width: 4,
    height: 3,
    channels: 1,
    values: pixels(4, 3, (x, y) => [(y * 4 + x) / 4 - 1]),
  },
  {
    name: 'PNG, palette of 2 bits with opacity',
    base64:
      'iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAgMAAAD09B5LAAAADFBMVEX/AAAA/wAAAP8JCAei0mLAAAAAAnRSTlMAgJsrThgAAAAPSURBVHicY5T+y8TAAEcADq0BIs/RMe0AAAAASUVORK5CYII=',
    width: 7,
    height: 5,
    channels: 4,
    values: pixels(7, 5, (x) => palette[x % 4]!),
  },
  {
    name: 'PNG, 1 bit',
    base64: 'iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAQAAAACh4ct1AAAAEklEQVR4nGPgY2JgEmBiYGIAAAEAACcFuAJeAAAAAElFTkSuQmCC',
    width: 7,
    height: 5,
    channels: 1,
    values: pixels(7, 5, (x, y) => [ramp(x, y) > 100 ? 255 : 0]),
  },
];

export const bytesOf = (file: ForeignFile): Uint8Array => new Uint8Array(Buffer.from(file.base64, 'base64'));
