"""What a release is made of: the wheel, the images' context, its bill of materials and its licences."""
