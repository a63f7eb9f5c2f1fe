/** Bytes that one document may have. */
export const uploadLimit = Number(process.env.UPLOAD_LIMIT || 1_000_000_000);
