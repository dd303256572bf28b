//! `#[derive(Params)]`: a struct whose fields are parameters that several nodes have in common.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::{
    attribute::ParamAttribute,
    docs::{plain_name, required_doc},
    node::param_spec,
};

pub fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let name = &input.ident;
    let refuse = || syn::Error::new(name.span(), "`Params` is derived for a struct with named fields");
    let Data::Struct(data) = &input.data else { return Err(refuse()) };
    let Fields::Named(fields) = &data.fields else { return Err(refuse()) };

    let mut specs = Vec::new();
    let mut values = Vec::new();
    for field in &fields.named {
        let ident = field.ident.as_ref().ok_or_else(refuse)?;
        let doc = required_doc(&field.attrs, ident, "the parameter")?;
        let (param, ty) = (plain_name(ident), &field.ty);
        specs.push(param_spec(&param, ty, &doc, &ParamAttribute::find(&field.attrs)?.unwrap_or_default()));
        values.push(quote!(#ident: args.param::<#ty>(#param)?));
    }
    Ok(quote! {
        impl ::engine::NodeParams for #name {
            fn specs() -> ::std::vec::Vec<::engine::private::ParamSpec> {
                ::std::vec![#(#specs),*]
            }

            fn take(args: &mut ::engine::Args) -> ::std::result::Result<Self, ::engine::NodeError> {
                ::std::result::Result::Ok(Self { #(#values),* })
            }
        }
    })
}
