//! Provider keys: sealed at rest, handed to runs, shown to nobody.

mod master;
mod sealed;
mod source;

pub use master::{MasterKey, MasterKeyError};
pub use sealed::{Binding, SealError};
pub use source::RunKeys;
