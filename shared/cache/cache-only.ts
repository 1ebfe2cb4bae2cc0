/** The ETag of what was put into the cache alone: no bucket ever gives it. Used until the bucket has an object of that key. */
export const CACHE_ONLY_ETAG = "";
