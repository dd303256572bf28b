//! `#[derive(Outputs)]`: a struct whose fields are output ports.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::docs::{plain_name, required_doc};

pub fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let name = &input.ident;
    let refuse = || syn::Error::new(name.span(), "`Outputs` is derived for a struct with named fields");
    let Data::Struct(data) = &input.data else { return Err(refuse()) };
    let Fields::Named(fields) = &data.fields else { return Err(refuse()) };

    let mut ports = Vec::new();
    let mut values = Vec::new();
    for field in &fields.named {
        let ident = field.ident.as_ref().ok_or_else(refuse)?;
        let doc = required_doc(&field.attrs, ident, "the output")?;
        let (port, ty) = (plain_name(ident), &field.ty);
        ports.push(quote!(::engine::private::output_spec::<#ty>(#port, #doc)));
        values.push(quote!(::engine::OutputValue::insert_into(self.#ident, #port, &mut values)?;));
    }
    Ok(quote! {
        impl ::engine::NodeOutputs for #name {
            fn ports(
                _name: ::std::option::Option<&str>,
                _description: &str,
            ) -> ::std::vec::Vec<::engine::private::PortSpec> {
                ::std::vec![#(#ports),*]
            }

            fn into_values(
                self,
                _name: ::std::option::Option<&str>,
            ) -> ::std::result::Result<::engine::private::Values, ::engine::NodeError> {
                let mut values = ::engine::private::Values::new();
                #(#values)*
                ::std::result::Result::Ok(values)
            }
        }
    })
}
