/** How the pixels of a DICOM file are compressed. */
export type DicomCodec = 'RLE' | 'JPEG' | 'JPEG Lossless' | 'JPEG-LS' | 'JPEG 2000';

/** How the bytes of a DICOM file are to be read (PS3.5, annex A). */
export interface TransferSyntax {
  name: string;
  isExplicit: boolean;
  littleEndian: boolean;
  isDeflated: boolean;
  /** Undefined where pixels are as they are. */
  codec: DicomCodec | undefined;
}

const plainSyntax = (
  name: string,
  { isExplicit = true, littleEndian = true, isDeflated = false } = {},
): TransferSyntax => ({ name, isExplicit, littleEndian, isDeflated, codec: undefined });
const compressedSyntax = (name: string, codec: DicomCodec): TransferSyntax => ({ ...plainSyntax(name), codec });

/** The transfer syntaxes that are read, by UID. */
export const transferSyntaxes: Record<string, TransferSyntax> = {
  '1.2.840.10008.1.2': plainSyntax('Implicit VR Little Endian', { isExplicit: false }),
  '1.2.840.10008.1.2.1': plainSyntax('Explicit VR Little Endian'),
  '1.2.840.10008.1.2.1.99': plainSyntax('Deflated Explicit VR Little Endian', { isDeflated: true }),
  '1.2.840.10008.1.2.2': plainSyntax('Explicit VR Big Endian', { littleEndian: false }),
  '1.2.840.10008.1.2.5': compressedSyntax('RLE Lossless', 'RLE'),
  '1.2.840.10008.1.2.4.50': compressedSyntax('JPEG Baseline', 'JPEG'),
  '1.2.840.10008.1.2.4.51': compressedSyntax('JPEG Extended', 'JPEG'),
  '1.2.840.10008.1.2.4.57': compressedSyntax('JPEG Lossless', 'JPEG Lossless'),
  '1.2.840.10008.1.2.4.70': compressedSyntax('JPEG Lossless SV1', 'JPEG Lossless'),
  '1.2.840.10008.1.2.4.80': compressedSyntax('JPEG-LS Lossless', 'JPEG-LS'),
  '1.2.840.10008.1.2.4.81': compressedSyntax('JPEG-LS Near-lossless', 'JPEG-LS'),
  '1.2.840.10008.1.2.4.90': compressedSyntax('JPEG 2000 Lossless', 'JPEG 2000'),
  '1.2.840.10008.1.2.4.91': compressedSyntax('JPEG 2000', 'JPEG 2000'),
};

/** Names for the error of what is not read. */
export const unreadSyntaxes: Record<string, string> = {
  '1.2.840.10008.1.2.4.92': 'JPEG 2000 Multi-component Lossless',
  '1.2.840.10008.1.2.4.93': 'JPEG 2000 Multi-component',
  '1.2.840.10008.1.2.4.94': 'JPIP Referenced',
  '1.2.840.10008.1.2.4.95': 'JPIP Referenced Deflate',
  '1.2.840.10008.1.2.4.100': 'MPEG2',
  '1.2.840.10008.1.2.4.102': 'MPEG-4 AVC/H.264',
  '1.2.840.10008.1.2.4.107': 'HEVC/H.265',
  '1.2.840.10008.1.2.4.110': 'JPEG XL Lossless',
  '1.2.840.10008.1.2.4.112': 'JPEG XL',
  '1.2.840.10008.1.2.4.201': 'High-Throughput JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.203': 'High-Throughput JPEG 2000',
  '1.2.840.10008.1.2.8.1': 'Deflated Image Frame',
};
