"""The command lines of the engines that people start by hand, one file each; see `one_shot`."""
