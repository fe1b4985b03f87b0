//! Sessions, Dispatch and wire codecs, sans-I/O
