//! How a client names a document: which one, and which generation of it the client has.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::DocumentName;
use crate::id::IdError;

/// What separates name and generation.
const GENERATION: &str = "?g=";

/// `wf_…`, or `wf_…?g=` and the generation of which the client has content. Stock providers take either as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentAddress {
    pub name: DocumentName,
    /// If the document has another by now, the client is refused instead of having old content merged into the new.
    pub generation: Option<Uuid>,
}

impl fmt::Display for DocumentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            Some(generation) => write!(f, "{}{GENERATION}{generation}", self.name),
            None => self.name.fmt(f),
        }
    }
}

impl FromStr for DocumentAddress {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Ok(match text.split_once(GENERATION) {
            // What is no generation is not the document's either.
            Some((name, generation)) => {
                Self { name: name.parse()?, generation: Some(generation.parse().unwrap_or_default()) }
            }
            None => Self { name: text.parse()?, generation: None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_what_it_prints() {
        let name = DocumentName::Outputs(Uuid::from_u128(7).into());
        for generation in [None, Some(Uuid::from_u128(9))] {
            let address = DocumentAddress { name, generation };
            assert_eq!(address.to_string().parse(), Ok(address));
        }
        let odd: DocumentAddress = format!("{name}?g=yesterday").parse().expect("a document's name");
        assert_eq!(odd.generation, Some(Uuid::nil()), "it matches no document");
        assert!("?g=00000000-0000-0000-0000-000000000007".parse::<DocumentAddress>().is_err());
    }
}
