// Archives of many files, made while they are sent: ZipFile and TarFile.
export {};
