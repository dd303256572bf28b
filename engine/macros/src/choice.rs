//! `#[derive(Choice)]`: a fieldless enum as a parameter.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr, Variant};

use crate::docs::{snake_of_camel, words_of_snake};

pub fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(name.span(), "`Choice` is derived for an enum"));
    };
    let mut idents = Vec::new();
    let mut values = Vec::new();
    let mut titles = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(syn::Error::new(variant.ident.span(), "a choice has no fields"));
        }
        let (value, title) = read_variant(variant)?;
        idents.push(&variant.ident);
        values.push(value);
        titles.push(title);
    }
    let expected = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    Ok(quote! {
        impl ::engine::ParamValue for #name {
            fn kind(_hints: &::engine::ParamHints) -> ::engine::private::ParamKind {
                ::engine::private::ParamKind::Choice {
                    options: ::std::vec![#(
                        ::engine::private::ChoiceOption { value: #values.into(), title: #titles.into() }
                    ),*],
                }
            }

            fn wire() -> ::std::option::Option<::engine::private::ValueType> {
                ::std::option::Option::None
            }

            fn from_json(
                json: &::engine::private::serde_json::Value,
            ) -> ::std::result::Result<Self, ::std::string::String> {
                match json.as_str() {
                    #(::std::option::Option::Some(#values) => ::std::result::Result::Ok(Self::#idents),)*
                    _ => ::std::result::Result::Err(::std::format!("expected one of {}, got {}", #expected, json)),
                }
            }

            fn to_json(&self) -> ::engine::private::serde_json::Value {
                match self {
                    #(Self::#idents => ::engine::private::serde_json::Value::from(#values),)*
                }
            }
        }
    })
}

/// The stored value and the title people see.
fn read_variant(variant: &Variant) -> syn::Result<(String, String)> {
    let mut value = snake_of_camel(&variant.ident.to_string());
    let mut title = words_of_snake(&value);
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("choice")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("value") {
                value = meta.value()?.parse::<LitStr>()?.value();
            } else if meta.path.is_ident("title") {
                title = meta.value()?.parse::<LitStr>()?.value();
            } else {
                return Err(meta.error("`value` or `title` belongs here"));
            }
            Ok(())
        })?;
    }
    Ok((value, title))
}
